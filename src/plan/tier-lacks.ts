import type { Tier } from '../manifest/bundle-world.ts';
import { compareText } from '../manifest/problem.ts';
import { localOf, tierOf } from '../policy/tier.ts';
import type { TierLacks } from './beside.ts';
import { capped } from './capped.ts';
import type { SystemBundle } from './change.ts';

const lacksMax = 20;

/** What the live workers of a pool offer. */
export interface PoolOffer {
  readonly pool: string;
  readonly workers: number;
  /** Of them, those that have not tried their tiers yet. */
  readonly untried: number;
  /** By any of them. */
  readonly offered: readonly Tier[];
}

/**
 * Tools of changed systems that no live worker of a pool can run. Nothing is said where no worker lives, or one of them
 * has not tried its tiers yet: it may offer what others lack.
 */
export function tierLacksOf(
  bundles: readonly SystemBundle[],
  { pool, workers, untried, offered }: PoolOffer,
): TierLacks | undefined {
  if (workers === 0 || untried > 0) return undefined;
  const lacking = bundles.flatMap(({ system, content }) =>
    Object.entries(content.tools).flatMap(([tool, compiled]) => {
      const local = localOf(compiled, content.servers);
      if (local === undefined || tierOf(local, offered) !== undefined) return [];
      return [{ system, tool, tiers: local.tiers.filter((tier) => tier !== 'process') }];
    }),
  );
  if (lacking.length === 0) return undefined;
  lacking.sort((a, b) => compareText(a.system, b.system) || compareText(a.tool, b.tool));
  const { shown, more } = capped(lacking, lacksMax);
  return { pool, workers, offered, lacking: shown, ...(more > 0 ? { moreLacking: more } : {}) };
}
