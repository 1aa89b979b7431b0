import type { Dialect } from '../dialect.ts';
import { memory } from './memory.ts';

/** The "Kagent reference architecture" as it was published: a concept that no controller implements. */
export const kagentReference: Dialect = {
  name: 'kagent-reference',
  title: 'Kagent reference architecture',
  kinds: [memory],
};
