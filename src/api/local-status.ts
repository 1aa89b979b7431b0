import { driftOf } from '../controller/drift.ts';
import { readEachEnvironment } from '../controller/environments.ts';
import { type ControlPlane, liveOf, ownFolder, planCommit } from '../controller/planning.ts';
import { windowsOf } from '../controller/reconcile.ts';
import { claimed } from '../controller/sync-errors.ts';
import { isPawlError } from '../errors.ts';
import type { EnvironmentSettings } from '../manifest/resource.ts';
import { parseRules } from '../manifest/rules-of.ts';
import type { Live, Plan } from '../plan/change.ts';
import { isErrored, isUnchanged } from '../plan/plan.ts';
import { windowState } from '../controller/window.ts';
import { lastAttempt } from '../store/attempt.ts';
import { databaseClock } from '../store/clock.ts';
import { listEnvironments } from '../store/environment.ts';
import { healingStoppedAt } from '../store/heal.ts';
import { readActiveOverrides } from '../store/override.ts';
import { troublesOf } from './local-alert.ts';
import { overrunIn } from './local-budget.ts';
import { haltsInForce } from './local-halt.ts';
import { pinnedOf } from './local-listing.ts';
import { rolloutsUnderWay } from './local-rollout.ts';
import { syncRecords } from './local-sync.ts';
import type { EnvironmentStatus } from './operations-status.ts';
import type { ConditionRecord, SyncRecord } from './operations-sync.ts';

interface Declared {
  readonly settings: EnvironmentSettings;
  /** The repository could be read. */
  readonly isRead: boolean;
}

/** What pawl.yaml declares; where it cannot be read, what the database has: an incident does not wait for Git. */
export async function status(plane: ControlPlane): Promise<readonly EnvironmentStatus[]> {
  const declared = await declaredOf(plane);
  const records = await syncRecords(
    plane,
    declared.map(({ settings }) => settings.name),
  );
  return Promise.all(declared.map((one) => statusOf(plane, one, records.get(one.settings.name))));
}

async function declaredOf({ repository, database }: ControlPlane): Promise<readonly Declared[]> {
  try {
    return (await readEachEnvironment(repository)).map((reading) => {
      return 'settings' in reading
        ? { settings: reading.settings, isRead: true }
        : { settings: bare(reading.name), isRead: false };
    });
  } catch (error) {
    if (!isPawlError(error) || !(error.code.startsWith('git.') || error.code.startsWith('environment.'))) throw error;
    const rows = await listEnvironments(database.db);
    if (rows.length === 0) throw error;
    return rows.map(({ name, rules }) => {
      return { settings: bare(name, parseRules(rules)?.environment?.branch), isRead: false };
    });
  }
}

/** What the database has of an environment that Git says nothing of. */
function bare(name: string, branch = ''): EnvironmentSettings {
  return { name, branch, paths: [], apply: 'manual' };
}

async function statusOf(
  plane: ControlPlane,
  { settings, isRead }: Declared,
  sync: SyncRecord | undefined,
): Promise<EnvironmentStatus> {
  const live = await liveOf(plane, settings.name);
  const attempt = await lastAttempt(plane.database.db, settings.name);
  const [planned, drift] = [
    isRead ? await tryPlan(plane, settings) : undefined,
    (await driftOf(plane, settings.name)).drift,
  ];
  return {
    environment: settings.name,
    branch: settings.branch,
    revision: live.revision,
    commit: live.commit,
    head: planned?.target.commit,
    sync: planned === undefined ? 'Unknown' : isSynced(planned) ? 'Synced' : 'OutOfSync',
    drifted: drift.length,
    lastAttempt: attempt && {
      at: attempt.at.toISOString(),
      outcome: attempt.outcome,
      commit: attempt.commit_id ?? undefined,
      code: attempt.code ?? undefined,
      message: attempt.message,
    },
    problems: planned?.problems ?? [],
    ...(await haltsInForce(plane.database, settings.name)),
    ...(await pinnedOf(plane, settings.name, planned)),
    ...(await heldBy(plane, settings, live)),
    ...(await rolloutsUnderWay(plane.database, settings.name)),
    ...(await overrunIn(plane.database, settings.name)),
    ...(await troublesOf(plane, settings.name)),
    ...(sync === undefined || sync.conditions.length === 0 ? {} : { conditions: conditionsSeen(plane, sync) }),
    ...(sync?.suspension === undefined ? {} : { suspension: sync.suspension }),
  };
}

/** Drift is told apart: a resource that only a hand moved is not a commit that waits to be applied. */
function isSynced(planned: Plan): boolean {
  if (isErrored(planned) || planned.base.revision === 0) return false;
  const pending = planned.changes.filter((change) => change.class === 'pending' || change.class === 'conflict');
  // A commit of rules alone waits too, until somebody agrees to them.
  if (isUnchanged(planned)) return planned.risks.every(({ gate }) => gate === 'notice');
  return pending.length === 0;
}

async function tryPlan(plane: ControlPlane, settings: EnvironmentSettings): Promise<Plan | undefined> {
  try {
    return await planCommit(plane, { settings, commit: await plane.repository.resolve(settings.branch) });
  } catch (error) {
    // Source trouble makes the answer unknown, and the rest of the status still holds.
    if (isPawlError(error) && error.code.startsWith('git.')) return undefined;
    throw error;
  }
}

/** What keeps live from being what Git says, beside its stages. */
async function heldBy(
  { database }: ControlPlane,
  settings: EnvironmentSettings,
  live: Live,
): Promise<Pick<EnvironmentStatus, 'window' | 'overrides' | 'healingStoppedAt'>> {
  const { db } = database;
  const overrides = await readActiveOverrides(db, settings.name);
  const stoppedAt = await healingStoppedAt(db, settings.name);
  return {
    ...(await windowOf(db, settings, live)),
    ...(overrides.length === 0
      ? {}
      : { overrides: overrides.map(({ address, by, reason, expiresAt }) => ({ address, by, reason, expiresAt })) }),
    ...(stoppedAt === undefined ? {} : { healingStoppedAt: stoppedAt }),
  };
}

async function windowOf(
  db: ControlPlane['database']['db'],
  settings: EnvironmentSettings,
  live: Live,
): Promise<Pick<EnvironmentStatus, 'window'>> {
  const windows = windowsOf(settings, live);
  if (windows.length === 0) return {};
  const state = windowState(windows, await databaseClock(db));
  if (state.isOpen) return { window: { isOpen: true } };
  const { opensAt, deniedBy } = state;
  return {
    window: {
      isOpen: false,
      ...(opensAt === undefined ? {} : { opensAt: opensAt.toISOString() }),
      ...(deniedBy === undefined ? {} : { deniedBy }),
    },
  };
}

/** Of another repository's environment of the same name, all that is said here is whose it is; a clone may be of any. */
function conditionsSeen({ source }: ControlPlane, { environment, repository, conditions }: SyncRecord) {
  if (repository === undefined || repository === source || source === ownFolder) return conditions;
  const [first] = conditions;
  const { message } = claimed(environment, repository);
  const mine: ConditionRecord = {
    type: 'SourceReady',
    status: 'False',
    reason: 'Claimed',
    message,
    since: first?.since ?? '',
  };
  return [mine];
}
