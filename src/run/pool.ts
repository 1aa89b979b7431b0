import { TerminalError } from '../errors.ts';
import type { Tier } from '../manifest/bundle-world.ts';
import { own } from '../manifest/json.ts';
import { compareText } from '../manifest/problem.ts';
import type { queueCodes } from './queue-codes.ts';

/** What a run asks of whoever executes it. */
export interface Requirements {
  readonly region?: string | undefined;
  /** False asks for nothing. */
  readonly gpu?: boolean | undefined;
  /** A model that the worker serves itself. */
  readonly model?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Tiers that the worker must have proved, all of them. */
  readonly isolation?: readonly Tier[] | undefined;
}

/** What the workers of a pool have, and how many runs may wait for them. */
export interface Pool {
  /** What runs and workers call it (see `poolName`). */
  readonly name: string;
  readonly region?: string;
  readonly gpu?: boolean;
  readonly models?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  /** Tiers that each of its workers must have proved before it takes a run of the environment. */
  readonly isolation?: readonly Tier[];
  readonly maxQueued?: number;
}

/** The pool of runs that ask for nothing. It is there without a manifest. */
export const defaultPool = 'default';

/** `namespace/name` of the WorkerPool, but for the pool of runs that ask for nothing: `default/default` describes that. */
export function poolName(namespace: string, name: string): string {
  return namespace === 'default' && name === defaultPool ? defaultPool : `${namespace}/${name}`;
}

/** The address of the WorkerPool behind what runs and workers call a pool. */
export function poolAddress(pool: string): string {
  return pool === defaultPool ? `WorkerPool/default/${defaultPool}` : `WorkerPool/${pool}`;
}

/**
 * The pool of a run: of those that have all it asks for, the one with the least beyond that, then the first by name.
 * Runs that ask for nothing go to the pool `default`, so that a pool with something special is not filled up by them.
 */
export function choosePool(pools: readonly Pool[], requirements: Requirements = {}): Pool {
  const asked = askedOf(requirements);
  const plain = pools.find(({ name }) => name === defaultPool) ?? { name: defaultPool };
  if (asked.length === 0) return plain;
  const ranked = pools
    .map((pool) => ({ pool, lacks: lackedBy(pool, requirements), extra: offeredBy(pool) - asked.length }))
    .sort((a, b) => a.lacks.length - b.lacks.length || a.extra - b.extra || compareText(a.pool.name, b.pool.name));
  const [best] = ranked;
  if (best !== undefined && best.lacks.length === 0) return best.pool;
  throw noPool(asked, best);
}

function noPool(
  asked: readonly string[],
  nearest: { readonly pool: Pool; readonly lacks: readonly string[] } | undefined,
): TerminalError {
  const code = 'pool.none' satisfies keyof typeof queueCodes;
  const near =
    nearest === undefined
      ? 'There is no WorkerPool that it may use.'
      : `The nearest, ${nearest.pool.name}, lacks ${inWords(nearest.lacks)}.`;
  return new TerminalError(`No pool has what the run asks for: ${inWords(asked)}. ${near}`, {
    code,
    help: 'Declare a WorkerPool that has it and start workers of it, or ask for less.',
    exit: 64,
  });
}

function askedOf({ region, gpu, model, labels = {}, isolation = [] }: Requirements): readonly string[] {
  return [
    ...(region === undefined ? [] : [`the region ${region}`]),
    ...(gpu === true ? ['a GPU'] : []),
    ...(model === undefined ? [] : [`the model ${model}`]),
    ...Object.entries(labels).map(([label, value]) => `the label ${label}=${value}`),
    ...isolation.map((tier) => `the tier ${tier}`),
  ];
}

function lackedBy(pool: Pool, { region, gpu, model, labels = {}, isolation = [] }: Requirements): readonly string[] {
  const missing = Object.entries(labels).filter(([label, value]) => own(pool.labels, label) !== value);
  return askedOf({
    ...(region === undefined || region === pool.region ? {} : { region }),
    ...(gpu === true && pool.gpu !== true ? { gpu } : {}),
    ...(model === undefined || pool.models?.includes(model) === true ? {} : { model }),
    labels: Object.fromEntries(missing),
    isolation: isolation.filter((tier) => pool.isolation?.includes(tier) !== true),
  });
}

/** How much a pool has of what anybody could ask for. */
function offeredBy({ region, gpu, models = [], labels = {}, isolation = [] }: Pool): number {
  const single = [region !== undefined, gpu === true].filter(Boolean).length;
  return single + models.length + Object.keys(labels).length + isolation.length;
}

function inWords(things: readonly string[]): string {
  return new Intl.ListFormat('en').format(things);
}
