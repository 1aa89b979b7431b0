import { blameResource } from '../controller/blame.ts';
import { changesBetween, compare, revisionSide } from '../controller/compare.ts';
import type { ControlPlane } from '../controller/planning.ts';
import { liftQuarantine, planRollback, rollBack } from '../controller/rollback.ts';
import { revisionRecordOf } from '../controller/stored.ts';
import type { Withdrawn } from '../plan/quarantine.ts';
import type { Person } from '../policy/person.ts';
import type { Repository } from '../source/repository.ts';
import { acknowledgementsUsed } from '../store/acknowledgement-used.ts';
import { quarantineCounts, readQuarantine } from '../store/quarantine.ts';
import type { Effects, InFlight } from '../store/withdrawn-run.ts';
import type {
  BlameRecord,
  LeftBehind,
  ReleaseRequest,
  RevisionOperations,
  RevisionRequest,
  RollbackRequest,
  RolledBack,
  ShownRevision,
  WithdrawnRecord,
} from './operations-revision.ts';
import { revisionRecord } from './records.ts';

export interface RevisionOptions {
  readonly plane: ControlPlane;
  readonly person: Person;
  /** The uncommitted files; absent where the repository is a remote one. */
  readonly workingCopy: Repository | undefined;
}

/** The operations on older states, on an open database. */
export function revisionOperations({ plane, person, workingCopy }: RevisionOptions): RevisionOperations {
  const { database } = plane;
  return {
    planRollback: async (request) => {
      const { plan, record, ...left } = await planRollback(plane, request);
      return { plan, to: revisionRecord(record), ...leftBehind(left) };
    },
    rollback: (request) => rollback(plane, person, request),
    quarantine: async (environment) => (await readQuarantine(database.db, environment)).map(withdrawnRecord),
    releaseQuarantine: (request) => release(plane, person, request),
    show: (request) => show(plane, request),
    compare: (request) => compare(plane, request, workingCopy),
    blame: (request) => blame(plane, request),
  };
}

async function rollback(plane: ControlPlane, person: Person, request: RollbackRequest): Promise<RolledBack> {
  const { environment, revision: to, planDigest, runs, reason, acknowledge } = request;
  const { outcome, plan, revision, ...left } = await rollBack(plane, {
    environment,
    revision: to,
    planDigest,
    runs,
    reason,
    by: person.name,
    membership: person,
    acknowledge,
    ...(request.pullRequest === undefined ? {} : { pullRequest: request.pullRequest }),
  });
  const quarantine = (await readQuarantine(plane.database.db, environment)).map(withdrawnRecord);
  return { outcome, environment, revision, to, summary: plan.summary, quarantine, ...leftBehind(left) };
}

function leftBehind({
  effects,
  inFlight,
}: {
  readonly effects: Effects;
  readonly inFlight: readonly InFlight[];
}): LeftBehind {
  const calls = effects.calls.map((call) => ({ ...call, at: call.at.toISOString() }));
  return { inFlight, effects: { total: effects.total, calls } };
}

async function release(
  plane: ControlPlane,
  { name: by }: Person,
  request: ReleaseRequest,
): Promise<readonly WithdrawnRecord[]> {
  const before = await readQuarantine(plane.database.db, request.environment);
  const released = await liftQuarantine(plane, { ...request, by });
  const isReleased = (pair: Withdrawn) =>
    released.some(({ address, digest }) => address === pair.address && digest === pair.digest);
  return before.filter(isReleased).map(withdrawnRecord);
}

function withdrawnRecord({ address, digest, rollback: { revision, to, by, reason } }: Withdrawn): WithdrawnRecord {
  return { address, digest: digest ?? null, since: revision, to, by, reason };
}

async function show(plane: ControlPlane, { environment, revision }: RevisionRequest): Promise<ShownRevision> {
  const { database } = plane;
  const record = await revisionRecordOf(database, environment, revision);
  const [before, after, counts, used] = await Promise.all([
    revisionSide(database, environment, revision - 1),
    revisionSide(database, environment, revision),
    quarantineCounts(database.db, environment),
    acknowledgementsUsed(database.db, environment, revision),
  ]);
  const changes = await changesBetween(database, before, after);
  return { record: revisionRecord(record, { quarantine: counts.get(revision) }), changes, acknowledgements: used };
}

async function blame(
  plane: ControlPlane,
  request: { readonly environment: string; readonly address: string },
): Promise<BlameRecord> {
  const { address, removedBy, formerly, fields, revisions } = await blameResource(plane.database, request);
  return {
    environment: request.environment,
    address,
    removedBy,
    formerly,
    fields: fields.map(({ path, value, sensitive, revision }) => {
      const made = revisions.get(revision);
      return {
        path,
        ...(value === undefined ? {} : { value }),
        sensitive,
        revision,
        commit: made?.commit ?? '',
        subject: made?.subject ?? '',
        by: made?.by ?? '',
        at: made?.at.toISOString() ?? '',
      };
    }),
  };
}
