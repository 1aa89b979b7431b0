import type { ControlPlane } from '../controller/planning.ts';
import type { Log } from '../log.ts';
import type { GitHub } from './github.ts';
import type { Hint } from './hint.ts';

/** What the turns of the loop work with. */
export interface GitHubContext {
  readonly github: GitHub;
  readonly plane: ControlPlane;
  readonly log: Log;
  /** Who acts, for the record. */
  readonly actor: string;
  /** Where people reach pawl's API and pages; absent: nowhere but on this machine. */
  readonly publicUrl?: string | undefined;
}

/** One round of the loop, as every turn of it sees it. */
export interface GitHubRound extends GitHubContext {
  /** Webhooks that nobody has acted on, the oldest first: where to look, and never what is true. */
  readonly hints: readonly Hint[];
  /** This round looks at everything, whatever the hints say: what webhooks lost is found by it. */
  readonly isSweep: boolean;
}

/** One kind of work on one repository; what it throws is logged and stops no other. */
export interface Turn {
  /** In words, for the log. */
  readonly name: string;
  readonly take: (round: GitHubRound, signal: AbortSignal) => Promise<void>;
}
