import type { Address } from '../resource.ts';
import type { Emitted } from './conversion.ts';

/** What is left of what conversions made, by address; each round of settling takes away, and none adds. */
export type Settling = Map<Address, Emitted>;
