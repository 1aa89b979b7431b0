import type { OverrideLayer } from '../manifest/override-layer.ts';

/** A change of a live resource by hand, with a reason and an end: in force over whatever Git says. */
export interface Override extends OverrideLayer {
  readonly reason: string;
  readonly by: string;
  readonly setAt: string;
  readonly expiresAt: string;
}
