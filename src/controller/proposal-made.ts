import type { EnvironmentSettings } from '../manifest/resource.ts';
import type { Accepted } from './accept.ts';

/** What a maker of proposals gives; what holds for all of them is checked after it. */
export type Made =
  | {
      readonly kind: 'wanted';
      readonly settings: EnvironmentSettings;
      readonly commit: string;
      readonly files: Accepted['files'];
      readonly title: string;
      readonly body: string;
    }
  | { readonly kind: 'pointless'; readonly because: string };
