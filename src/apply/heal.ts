import { channels } from '../bus/bus.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { JsonObject } from '../manifest/json.ts';
import type { Address } from '../manifest/resource.ts';
import type { Change, ChangeClass, Live } from '../plan/change.ts';
import { recordAttempt } from '../store/attempt.ts';
import type { Database } from '../store/database.ts';
import { lockEnvironment } from '../store/environment.ts';
import { recordEvent } from '../store/event.ts';
import {
  countHeals,
  type DriftedHead,
  readDriftedHeads,
  restoreHeads,
  resumeHealing,
  stopHealing,
} from '../store/heal.ts';
import { writeSpecs } from '../store/spec.ts';
import { assertNotSuspended } from '../store/sync.ts';
import { inTransaction, type StoreTransaction } from '../store/transaction.ts';

export interface HealOrder {
  /** What was looked at: healing goes on from there, or not at all. */
  readonly live: Pick<Live, 'environment' | 'lineage' | 'revision'>;
  /** The rows to put back, from the revision's value to the one that is live. */
  readonly drift: readonly Change[];
  readonly by: string;
  /** By a controller: then it counts, and stops when something keeps undoing it. */
  readonly automatic: boolean;
}

export type Healing =
  | { readonly kind: 'healed'; readonly revision: number; readonly undone: readonly Undone[] }
  /** Something undid healing over and over: a person has to look. `isNews`: it was this call that stopped it. */
  | { readonly kind: 'stopped'; readonly since: string; readonly isNews: boolean };

/** One edit by hand that is gone; its content stays in the store under its digest. */
export interface Undone {
  readonly address: Address;
  readonly class: ChangeClass;
  readonly by: string | undefined;
  readonly at: string | undefined;
  /** Undefined: the row had been removed. */
  readonly digest: string | undefined;
}

/** More automatic heals than this within a minute are a fight. */
export const healsMax = 5;

/** The points between the steps of a heal, in their order. */
export const healCheckpoints = ['locked', 'compared', 'kept', 'restored', 'recorded'] as const;

type Watch = (point: (typeof healCheckpoints)[number]) => void | Promise<void>;

/**
 * Makes drifted rows what the current revision says, in one transaction. The revision stays: it is the rows that were
 * wrong. What was seen is what is undone: a row that was edited again meanwhile is left for another look.
 */
export async function heal(database: Database, order: HealOrder): Promise<Healing> {
  return await healWatched(database, order, () => undefined);
}

/** `heal`, which calls `checkpoint` between its steps: tests of crashes end the process there. */
export async function healWatched(database: Database, order: HealOrder, checkpoint: Watch): Promise<Healing> {
  const healing = await inTransaction(database, (trx) => write(trx, order, checkpoint));
  // What runs does not change by it; whoever shows live learns of it sooner.
  await database.notify(channels.applied, order.live.environment).catch(() => undefined);
  return healing;
}

/** Lets controllers heal again after a fight. */
export async function resume(database: Database, environment: string, by: string): Promise<void> {
  await inTransaction(database, async (trx) => {
    await lockEnvironment(trx, environment);
    await resumeHealing(trx, environment);
    await recordEvent(trx, { environment, actor: by, action: 'drift.resume', detail: {} });
  });
  await database.notify(channels.applied, environment).catch(() => undefined);
}

async function write(trx: StoreTransaction, order: HealOrder, checkpoint: Watch): Promise<Healing> {
  const { live, drift, by, automatic } = order;
  const { environment } = live;
  const locked = await lockEnvironment(trx, environment);
  if (locked === undefined || locked.lineage !== live.lineage || locked.revision !== live.revision) {
    throw moved(environment, `it is at revision ${locked?.revision ?? 0} by now, not ${live.revision}`);
  }
  if (automatic) await assertNotSuspended(trx, environment);
  await checkpoint('locked');
  if (automatic && locked.heal_stopped_at !== null) {
    return { kind: 'stopped', since: locked.heal_stopped_at.toISOString(), isNews: false };
  }
  const addresses = drift.map(({ address }) => address);
  const heads = await readDriftedHeads(trx, environment, addresses);
  for (const change of drift) assertSeen(environment, change, heads.get(change.address));
  await checkpoint('compared');
  const undone = drift.map((change) => undoneOf(change, heads.get(change.address)));
  if (automatic && (await countHeals(trx, environment)) >= healsMax) return await stop(trx, order, undone);
  await writeSpecs(trx, [...heads.values()]);
  await checkpoint('kept');
  await restoreHeads(trx, environment, addresses);
  await checkpoint('restored');
  const detail = { automatic, revision: live.revision, undone: undone.map(asJson) };
  await recordEvent(trx, { environment, actor: by, action: 'drift.heal', detail });
  await checkpoint('recorded');
  return { kind: 'healed', revision: live.revision, undone };
}

/** Whoever edits the rows has the last word until a person has looked: two that write over each other never end. */
async function stop(trx: StoreTransaction, { live, by }: HealOrder, undone: readonly Undone[]): Promise<Healing> {
  const { environment } = live;
  const since = await stopHealing(trx, environment);
  await recordEvent(trx, { environment, actor: by, action: 'drift.fight', detail: { rows: undone.map(asJson) } });
  const who = [...new Set(undone.flatMap(({ by: hand }) => hand ?? []))].join(', ') || 'somebody unknown';
  const what = undone.map(({ address }) => address).join(', ');
  await recordAttempt(trx, {
    environment,
    commit_id: null,
    outcome: 'refused',
    code: 'drift.fight',
    message: `Healing has stopped: ${what} was put back ${healsMax} times within a minute and changed again by ${who}.`,
    revision: null,
  });
  return { kind: 'stopped', since, isNews: true };
}

function assertSeen(environment: string, change: Change, head: DriftedHead | undefined): void {
  const isAsSeen = head?.digest === change.afterDigest;
  const isSameRow = change.precondition === 'absent' ? head === undefined : head?.generation === change.precondition;
  if (!isAsSeen || !isSameRow) throw moved(environment, `${change.address} was changed again meanwhile`);
}

function undoneOf(change: Change, head: DriftedHead | undefined): Undone {
  return {
    address: change.address,
    class: change.class,
    by: head?.touched?.by,
    at: head?.touched?.at,
    digest: head?.digest,
  };
}

function asJson({ address, class: kind, by, at, digest }: Undone): JsonObject {
  return { address, class: kind, by: by ?? null, at: at ?? null, digest: digest ?? null };
}

function moved(environment: string, because: string): TerminalError {
  return new TerminalError(`Nothing of ${environment} is healed: ${because}.`, {
    code: 'drift.moved',
    help: 'Look at `pawl drift` again, and heal what it shows then.',
    exit: exitCodes.conflict,
  });
}
