import type { Tier } from '../manifest/bundle-world.ts';
import type { ReasonCode } from '../policy/reason.ts';

/** What an environment demands of a pool's workers, and what those that live offer. */
export interface TierStanding {
  readonly environment: string;
  readonly pool: string;
  /** Who takes runs of the environment must have proved all of them; empty: it demands none. */
  readonly wanted: readonly Tier[];
  /** Live ones. */
  readonly workers: number;
  /** Of them, those that have not tried their tiers yet. */
  readonly untried: number;
  /** Of them, those that offer all that is wanted. */
  readonly meeting: number;
  /** What any of them offers. */
  readonly offered: readonly Tier[];
}

/** Why a queued run is not taken although workers of its pool live. */
export interface HeldBack {
  readonly code: string;
  readonly message: string;
}

/** Undefined: a worker of the pool may take it, or none lives, which is another matter. */
export function heldBack(standing: TierStanding): HeldBack | undefined {
  const { environment, pool, wanted, workers, untried, meeting, offered } = standing;
  if (wanted.length === 0 || workers === 0 || meeting > 0) return undefined;
  const demand = `No worker of the pool ${pool} offers ${inWords(wanted)}, which the pool demands in ${environment}`;
  const all = workers === 1 ? 'its worker' : `its ${workers} workers`;
  const found =
    untried === workers
      ? `${all} ${workers === 1 ? 'is' : 'are'} still trying`
      : `${all} ${workers === 1 ? 'offers' : 'offer'} ${offered.length === 0 ? 'none' : inWords(offered)}`;
  return { code: 'isolation.unavailable' satisfies ReasonCode, message: `${demand}: ${found}.` };
}

function inWords(tiers: readonly Tier[]): string {
  return new Intl.ListFormat('en').format(tiers);
}
