import { compareText } from '../manifest/problem.ts';
import type { Address, Kind, Resource } from '../manifest/resource.ts';
import { addressAt, pathOf, specOf } from '../policy/typed.ts';
import type { Impact, RunsInFlight } from './beside.ts';
import { capped } from './capped.ts';
import type { Plan } from './change.ts';
import { evalsOf } from './impact-evals.ts';
import { type RolloutsBefore, rolloutsOf } from './impact-rollouts.ts';
import { startersOf } from './impact-starters.ts';
import { workforcesOf } from './impact-workforces.ts';
import { noticesOf } from './notices.ts';
import type { Sides } from './sides.ts';
import { usersOf } from './uses.ts';

/** Runs of one system that have not ended. */
export interface OpenRunCount {
  /** `namespace/name`. */
  readonly system: string;
  readonly runs: number;
  readonly oldest: Date;
  readonly revisionOldest: number;
  readonly revisionNewest: number;
}

export interface ImpactInput {
  readonly plan: Plan;
  readonly sides: Sides;
  /** Of `systemsReached(plan, sides)`. */
  readonly runs: readonly OpenRunCount[];
  readonly rollouts: RolloutsBefore;
  readonly now: Date;
}

const listMax = 100;
const startersMax = 50;

/** Which systems the changes reach, what starts those and when, and which of their runs go on meanwhile. */
export function impactOf({ plan, sides, runs, rollouts: before, now }: ImpactInput): Impact {
  const reached = systemsReached(plan, sides);
  const systems = capped(
    reached.map((path) => addressAt('AgentSystem', path)),
    listMax,
  );
  const starters = startersOf(sides, new Set(reached), now);
  const schedules = capped(starters.schedules, startersMax);
  const webhooks = capped(starters.webhooks, startersMax);
  const evals = capped(evalsOf(sides, new Set(reached)), startersMax);
  const workforces = capped(workforcesOf(sides), startersMax);
  const rollouts = capped(rolloutsOf(plan, sides, before), startersMax);
  const open = capped(
    runs.toSorted((a, b) => compareText(a.system, b.system)),
    startersMax,
  );
  return {
    systems: systems.shown,
    ...(systems.more > 0 ? { moreSystems: systems.more } : {}),
    schedules: schedules.shown,
    ...(schedules.more > 0 ? { moreSchedules: schedules.more } : {}),
    webhooks: webhooks.shown,
    ...(webhooks.more > 0 ? { moreWebhooks: webhooks.more } : {}),
    evals: evals.shown,
    ...(evals.more > 0 ? { moreEvals: evals.more } : {}),
    workforces: workforces.shown,
    ...(workforces.more > 0 ? { moreWorkforces: workforces.more } : {}),
    ...(rollouts.shown.length > 0 ? { rollouts: rollouts.shown } : {}),
    ...(rollouts.more > 0 ? { moreRollouts: rollouts.more } : {}),
    runs: open.shown.map((one) => inFlight(one, { plan, sides })),
    ...(open.more > 0 ? { moreRuns: open.more } : {}),
  };
}

/**
 * `namespace/name` of the systems that are not what they were, sorted: a change that leaves a system's compiled content
 * as it is, such as that of a description, reaches nothing that runs. What is not compiled into systems reaches those
 * that use it, and a system reaches those that it is a node of.
 */
export function systemsReached(plan: Plan, sides: Sides): readonly string[] {
  const paths = new Set([...plan.bundles.map(({ system }) => system), ...plan.removedSystems]);
  const frontier = new Set(sides.changed.filter((address) => beside.has(kindOf(address))));
  for (const path of paths) frontier.add(addressAt('AgentSystem', path));
  for (let depth = 0; depth < depthMax; depth += 1) {
    const known = frontier.size;
    for (const user of usersOf(sides.after, frontier, between)) {
      frontier.add(user.address);
      if (user.kind === 'AgentSystem') paths.add(pathOf(user));
    }
    if (frontier.size === known) break;
  }
  return [...paths].sort(compareText);
}

/** Systems nest as deep as this; a chain that goes on is refused before it is planned. */
const depthMax = 64;

/** Kinds that no compiled system holds. */
const beside: ReadonlySet<string> = new Set<Kind>(['McpServer', 'Memory', 'Guard', 'Gateway']);

/** What leads from them to systems. */
const between: ReadonlySet<Kind> = new Set([
  'McpServer',
  'Memory',
  'Guard',
  'ModelEndpoint',
  'Tool',
  'Agent',
  'AgentSystem',
]);

function kindOf(address: Address): string {
  return address.slice(0, address.indexOf('/'));
}

function inFlight(open: OpenRunCount, { plan, sides }: Pick<ImpactInput, 'plan' | 'sides'>): RunsInFlight {
  const { system, runs, oldest, revisionOldest, revisionNewest } = open;
  const removed = plan.removedSystems.includes(system) ? drainOf(sides, system) : undefined;
  const notices = capped(noticesOf(system, { sides, access: plan.access }), noticesMax);
  return {
    system,
    inFlight: runs,
    oldest: oldest.toISOString(),
    revisions: { oldest: revisionOldest, newest: revisionNewest },
    ...(removed === undefined ? {} : { drain: removed }),
    notices: notices.shown,
    ...(notices.more > 0 ? { moreNotices: notices.more } : {}),
  };
}

const noticesMax = 20;

function drainOf(sides: Sides, system: string): RunsInFlight['drain'] {
  const before: Resource | undefined = sides.before.get(addressAt('AgentSystem', system));
  return before && specOf(before, 'AgentSystem').drain;
}
