import { readEnvironments } from '../controller/environments.ts';
import type { ControlPlane } from '../controller/planning.ts';
import { revisionRecordOf } from '../controller/stored.ts';
import { exitCodes, isPawlError, TerminalError } from '../errors.ts';
import { shownText } from '../manifest/shown.ts';
import type { Plan } from '../plan/change.ts';
import { listEnvironments, readEnvironment } from '../store/environment.ts';
import { listResources } from '../store/listing.ts';
import { type OverrunCount, overrunCounts } from '../store/overrun.ts';
import { quarantineCounts } from '../store/quarantine.ts';
import { listRevisions, readRevision } from '../store/revision.ts';
import { listResourcesAt, revisionByTime } from '../store/state-at.ts';
import type { GetRequest, HistoryRequest, Operations, ResourceRecord } from './operations.ts';
import type { EnvironmentStatus } from './operations-status.ts';
import type { RevisionRecord } from './operations-revision.ts';
import { resourceRecord, revisionRecord } from './records.ts';

/** What pawl.yaml declares; where it cannot be read, what the database has: an incident does not wait for Git. */
export async function environments(plane: ControlPlane): ReturnType<Operations['environments']> {
  try {
    return (await readEnvironments(plane.repository)).map(({ name, branch }) => ({ name, branch }));
  } catch (error) {
    if (!isPawlError(error) || !error.code.startsWith('git.')) throw error;
    const rows = await listEnvironments(plane.database.db);
    if (rows.length === 0) throw error;
    return rows.map(({ name }) => ({ name, branch: '' }));
  }
}

/** Revisions, the newest first, with what is left of each rollback's quarantine and how often budgets were overrun. */
export async function history(
  { database }: ControlPlane,
  { environment, limit, before }: HistoryRequest,
): Promise<readonly RevisionRecord[]> {
  const page = before === undefined ? { limit } : { limit, before };
  const [rows, counts, overruns] = await Promise.all([
    listRevisions(database.db, environment, page),
    quarantineCounts(database.db, environment),
    overrunCounts(database.db, environment),
  ]);
  return rows.map((row) =>
    revisionRecord(row, { quarantine: counts.get(row.revision), ...overrunsOf(overruns.get(row.revision)) }),
  );
}

function overrunsOf(count: OverrunCount | undefined): Pick<RevisionRecord, 'overruns' | 'trialOverruns'> {
  if (count === undefined) return {};
  return { overruns: count.calls, ...(count.tried === 0 ? {} : { trialOverruns: count.tried }) };
}

/** Live resources, or those of an older revision. */
export async function resources(plane: ControlPlane, request: GetRequest): Promise<readonly ResourceRecord[]> {
  const { at, ...filter } = request;
  const { db } = plane.database;
  if (at === undefined) return (await listResources(db, filter)).map(resourceRecord);
  const revision = await revisionAt(plane, filter.environment, at);
  return (await listResourcesAt(db, { ...filter, at: revision })).map(resourceRecord);
}

async function revisionAt({ database }: ControlPlane, environment: string, at: string): Promise<number> {
  const digits = /^r?(\d{1,9})$/.exec(at)?.[1];
  if (digits !== undefined) return (await revisionRecordOf(database, environment, Number(digits))).revision;
  const time = /^\d{4}-\d{2}-\d{2}/.test(at) ? new Date(at) : undefined;
  if (time === undefined || Number.isNaN(time.getTime())) {
    throw new TerminalError(`"${shownText(at)}" is neither a revision nor a time.`, {
      code: 'revision.unknown',
      help: 'Write a revision such as 41, or a time such as 2026-03-31T08:00:00Z.',
      exit: exitCodes.usage,
    });
  }
  const found = await revisionByTime(database.db, environment, time);
  if (found !== undefined) return found;
  throw new TerminalError(`Nothing was applied to ${environment} by ${time.toISOString()}.`, {
    code: 'revision.unknown',
    help: `Run \`pawl history --env ${environment}\` to see which revisions there are.`,
    exit: exitCodes.usage,
  });
}

/** The rollback that holds commits of an environment, if one does. */
export async function pinnedOf(
  { database }: ControlPlane,
  environment: string,
  planned: Plan | undefined,
): Promise<Pick<EnvironmentStatus, 'pinned'>> {
  const pin = (await readEnvironment(database.db, environment))?.pin ?? undefined;
  const row = pin === undefined ? undefined : await readRevision(database.db, environment, pin);
  if (row?.summary.rollback === undefined) return {};
  const { to, reason } = row.summary.rollback;
  const { revision, applied_by: by, applied_at: at } = row;
  return {
    pinned: { revision, to, by, at: at.toISOString(), reason, held: planned?.quarantined?.length ?? 0 },
  };
}
