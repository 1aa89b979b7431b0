import type { Log } from '../log.ts';
import { recordAttempt } from '../store/attempt.ts';
import { writeConditions } from '../store/condition.ts';
import { readOutsideOf } from '../store/outside.ts';
import { beginPass, endPass, type PassLease, type Standing } from '../store/sync.ts';
import { conditionsOf, ready, type Seen } from './conditions.ts';
import { listenForPushes } from './deafness.ts';
import type { SettingsReading } from './environments.ts';
import { healDrift } from './healing.ts';
import { type Memory, settle } from './memory.ts';
import { returnOverrides } from './override.ts';
import { backoffOf } from './pacing.ts';
import type { ControlPlane } from './planning.ts';
import { failed, type Outcome, type PassResult, reconcile } from './reconcile.ts';
import { tell, tellDrift, troubleOf } from './telling.ts';

export interface EnvironmentPass {
  readonly environment: string;
  readonly outcome: Outcome;
  readonly drifted: number;
}

/** What every pass of a controller is made with. */
export interface PassContext {
  readonly plane: ControlPlane;
  readonly actor: string;
  readonly log: Log;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly deepEveryMs: number;
  readonly aheadMs: () => number;
  /** Who holds the pass, among several controllers. */
  readonly owner: string;
}

export interface Passing {
  readonly reading: SettingsReading;
  /** Of the tick: read before the pass begins. */
  readonly standing: Standing;
  readonly memory: Memory;
  readonly signal: AbortSignal;
}

/** Long enough for a pass at its usual pace; whoever dies in one holds up the others no longer. */
const leaseMs = 30_000;
/** A commit that was overtaken so often in a row is applied all the same. */
const overtakenMax = 3;

/** One environment: heals, takes back what has run out, makes the commit live when it may, and says how far it came. */
export async function pass(context: PassContext, passing: Passing): Promise<EnvironmentPass> {
  const { reading, memory, signal } = passing;
  try {
    return await leased(context, passing);
  } catch (error) {
    if (signal.aborted) throw error;
    backOff(context, memory);
    return fail(context, { environment: reading.name, memory }, failed(error));
  }
}

async function leased(context: PassContext, passing: Passing): Promise<EnvironmentPass> {
  const { db } = context.plane.database;
  const { reading, memory, standing, signal } = passing;
  const environment = reading.name;
  const lease = { environment, owner: context.owner };
  const at = await beginPass(db, { ...lease, leaseMs });
  if (at === undefined) {
    memory.settled = undefined;
    return { environment, outcome: { kind: 'elsewhere' }, drifted: 0 };
  }
  const began = performance.now();
  let parts: Pick<PassResult, 'planMs' | 'applyMs'> = {};
  try {
    const { result, passed } = await passAt(context, passing, at);
    parts = result;
    return passed;
  } catch (error) {
    if (signal.aborted) throw error;
    backOff(context, memory);
    // Before the pass ends, so that whoever waits for it reads what it came to.
    return await fail(context, { environment, memory, isHolder: true }, failed(error));
  } finally {
    const took = { passMs: performance.now() - began, planMs: parts.planMs, applyMs: parts.applyMs };
    await endPass(db, { ...lease, handled: standing.wanted, took });
  }
}

interface Passed {
  readonly result: PassResult;
  readonly passed: EnvironmentPass;
}

async function passAt(context: PassContext, passing: Passing, at: Date): Promise<Passed> {
  const { plane, actor, now, deepEveryMs } = context;
  const { reading, standing, memory, signal } = passing;
  const { name: environment } = reading;
  const deep = now() >= memory.deepAt;
  if (memory.commit !== undefined && memory.commit !== reading.commit) memory.foundAt = now();
  memory.commit = reading.commit;
  memory.isAway = false;
  if (!standing.isSuspended) {
    await heal(context, passing, deep);
    await takeBack(context, passing);
  }
  signal.throwIfAborted();
  const result = await reconcile(plane, reading, {
    actor,
    deep,
    isSuspended: standing.isSuspended,
    now: new Date(at.getTime() + context.aheadMs()),
    givesWay: memory.overtaken < overtakenMax,
    signal,
  });
  const { outcome, drift } = result;
  if (outcome.kind === 'failed' && outcome.retryable) backOff(context, memory);
  else [memory.failures, memory.retryAt] = [0, 0];
  settle(memory, standing, result);
  if (deep) memory.deepAt = now() + deepEveryMs;
  const wakes = [wakeAt(context, outcome, at), await listen(context, passing)].flatMap((time) => time ?? []);
  memory.wakeAt = wakes.length === 0 ? undefined : Math.min(...wakes);
  const telling = { log: context.log, environment, memory };
  tell(telling, outcome);
  if (drift !== undefined) tellDrift(telling, drift, outcome);
  await say(context, passing, result);
  return { result, passed: { environment, outcome, drifted: drift?.length ?? 0 } };
}

async function say(context: PassContext, { standing, memory }: Passing, result: PassResult): Promise<void> {
  const { outcome, commit, plan, drift } = result;
  const { environment } = standing;
  const revision = outcome.kind === 'applied' ? outcome.revision : (plan?.base.revision ?? standing.revision);
  const { isHealingStopped, isUnheard } = memory;
  // What workers found is said along with it: nothing says the one without the other.
  const { db } = context.plane.database;
  const outside = drift === undefined ? undefined : await readOutsideOf(db, environment);
  const lease = { environment, owner: context.owner };
  await write(context, lease, { outcome, commit, revision, plan, drift, isHealingStopped, isUnheard, outside });
}

async function write({ plane }: PassContext, of: string | PassLease, seen: Seen): Promise<void> {
  await writeConditions(plane.database.db, of, conditionsOf(seen));
}

/** So that what fails again and again does not take the others' turns; the repository itself is asked at each tick. */
export function backOff({ now }: PassContext, memory: Memory): void {
  memory.failures += 1;
  memory.retryAt = now() + backoffOf(memory.failures);
}

/** Says once that webhooks do not arrive, and gives when to ask again. */
async function listen({ plane, log, now }: PassContext, { reading, memory }: Passing): Promise<number | undefined> {
  const before = memory.isUnheard;
  const again = await listenForPushes(plane, memory, now());
  if (memory.isUnheard && !before) log.warn({ environment: reading.name }, 'webhooks do not arrive');
  return again;
}

const lookAgainMs = 60_000;

/** A window tells nobody that it opens. */
function wakeAt({ now, aheadMs }: PassContext, outcome: Outcome, at: Date): number | undefined {
  if (outcome.kind === 'held' && outcome.looksAgain === true) return now() + lookAgainMs;
  if (outcome.kind !== 'closed' || outcome.opensAt === undefined) return undefined;
  return now() + Math.max(0, outcome.opensAt.getTime() - at.getTime() - aheadMs());
}

/** What has run out goes whatever Git is like; where that needs somebody's agreement, they are told once. */
async function takeBack({ plane, actor, log }: PassContext, { standing, memory }: Passing): Promise<void> {
  if (!standing.isOverrideDue) return;
  const { environment } = standing;
  try {
    const ended = await returnOverrides(plane, environment, actor);
    memory.override = undefined;
    if (ended !== undefined) log.info({ environment, ended: ended.map(({ address }) => address) }, 'overrides ended');
  } catch (error) {
    const { code, message } = failed(error);
    if (memory.override !== message) log.warn({ environment, code, reason: message }, 'an override cannot be ended');
    memory.override = message;
  }
}

/** First of all, and whatever Git is like: what runs is what was applied, and rows should say so. */
async function heal({ plane, actor, log }: PassContext, { reading, memory }: Passing, deep: boolean): Promise<void> {
  const environment = reading.name;
  const healing = await healDrift(plane, reading.settings, { actor, deep });
  memory.isHealingStopped = healing?.kind === 'stopped';
  if (healing?.kind === 'healed') {
    log.warn({ environment, undone: healing.undone.map(({ address, by }) => ({ address, by })) }, 'drift healed');
  } else if (healing?.isNews === true) {
    log.error({ environment, code: 'drift.fight' }, 'healing stopped: something keeps undoing it');
  }
}

interface Failing {
  readonly environment: string;
  readonly memory: Memory;
  /** The repository could not be asked at all, of this environment as of the others. */
  readonly isAway?: boolean;
  /** It is said in a pass, and only as long as that is this controller's. */
  readonly isHolder?: boolean;
}

/** Records a failure that came before there was a plan; the same one is recorded once. */
export async function fail(
  context: PassContext,
  { environment, memory, isAway = false, isHolder = false }: Failing,
  outcome: Outcome & { kind: 'failed' },
): Promise<EnvironmentPass> {
  const { plane, log } = context;
  // What was looked at is as it was for all anybody knows: where it still is once the repository answers, it is settled.
  memory.isAway = isAway && outcome.code.startsWith('git.');
  if (!memory.isAway) memory.settled = undefined;
  if (memory.failure !== troubleOf(outcome)) {
    const { code, message } = outcome;
    const row = { environment, commit_id: null, outcome: 'failed', code, message, revision: null } as const;
    const seen = {
      outcome,
      commit: memory.commit,
      revision: 0,
      plan: undefined,
      drift: undefined,
      isHealingStopped: false,
      isUnheard: memory.isUnheard,
      outside: undefined,
    };
    // A database that is away cannot hold the record of that; the log has it.
    await recordAttempt(plane.database.db, row).catch(() => undefined);
    await write(context, isHolder ? { environment, owner: context.owner } : environment, seen).catch(() => undefined);
  }
  tell({ log, environment, memory }, outcome);
  return { environment, outcome, drifted: 0 };
}

/** The repository answers again, and nothing has moved meanwhile: nothing is planned for it. */
export async function recover(
  context: PassContext,
  { environment, memory, commit }: { readonly environment: string; readonly memory: Memory; readonly commit: string },
): Promise<EnvironmentPass> {
  const outcome = { kind: 'unchanged' } as const;
  await writeConditions(context.plane.database.db, environment, [ready({ commit, isUnheard: memory.isUnheard })]);
  memory.isAway = false;
  tell({ log: context.log, environment, memory }, outcome);
  return { environment, outcome, drifted: 0 };
}
