import { channels } from '../bus/bus.ts';
import { besideOf } from '../controller/beside.ts';
import { foreignClaim } from '../controller/claim.ts';
import type { Delivering } from '../controller/delivering.ts';
import { driftOf } from '../controller/drift.ts';
import { environmentAt, readEnvironment } from '../controller/environments.ts';
import { planWithInputs } from '../controller/planning.ts';
import type { ControlPlane, PlanTarget } from '../controller/planning.ts';
import { signatureHold } from '../controller/signatures.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Json } from '../manifest/json.ts';
import type { Plan } from '../plan/change.ts';
import type { StoredKeys } from '../tools/secret-keyring.ts';
import type { Person } from '../policy/person.ts';
import type { Repository } from '../source/repository.ts';
import { newRunId } from '../run/run-id.ts';
import { readEnvironment as readEnvironmentRow } from '../store/environment.ts';
import { recordEvent } from '../store/event.ts';
import { sessionNamed } from '../store/memory-session.ts';
import { prepareRun } from '../store/prepare-run.ts';
import { cancelRun, readRun } from '../store/run.ts';
import { evalCause } from '../store/eval-run.ts';
import { submitRunIn } from '../store/submit.ts';
import { inTransaction } from '../store/transaction.ts';
import { resolveUnknown } from '../store/wait.ts';
import { readWorkers } from '../store/worker.ts';
import { accessOperations } from './local-access.ts';
import { alertOperations } from './local-alert.ts';
import { answerOperations } from './local-answer.ts';
import { approvalOperations } from './local-approval.ts';
import { auditOperations } from './local-audit.ts';
import { assertEvalCase } from './eval-case.ts';
import { driftOperations } from './local-drift.ts';
import { overrideOperations } from './local-override.ts';
import { acknowledgeOperations } from './local-acknowledge.ts';
import { applyRequest } from './local-apply.ts';
import type { Operations, PlanRequest, SubmitRequest } from './operations.ts';
import { environments, history, resources } from './local-listing.ts';
import { proposalOperations } from './local-proposal.ts';
import { revisionOperations } from './local-revision.ts';
import { replayOperations } from './local-replay.ts';
import { retryOperations } from './local-retry.ts';
import { haltOperations } from './local-halt.ts';
import { secretOperations } from './local-secret.ts';
import { budgetOperations } from './local-budget.ts';
import { rolloutOperations } from './local-rollout.ts';
import { runOperations } from './local-run.ts';
import { status } from './local-status.ts';
import { syncOperations } from './local-sync.ts';
import { taskOperations } from './local-task.ts';
import { tokenOperations } from './local-token.ts';
import { runRecords, workerRecord } from './records.ts';
import { acceptedSystem } from './submission.ts';
import { traceOf } from './trace-of.ts';

export interface LocalOptions {
  readonly plane: ControlPlane;
  /** Who asks: every record says so, and every rule on people is held against them. */
  readonly person: Person;
  /** The uncommitted files; absent where the repository is a remote one. */
  readonly workingCopy: Repository | undefined;
  readonly log?: Log;
  /** What stored secrets are encrypted under; absent: none can be stored. */
  readonly secretKeys?: StoredKeys | undefined;
  /** How receivers of alerts are reached; absent: none is. */
  readonly delivering?: Delivering;
  /** An identity provider may let others in. */
  readonly hasProvider?: boolean;
  close(): Promise<void>;
}

/** The operations of one person on an open database and repository, in this process. */
export function createLocalOperations(options: LocalOptions): Operations {
  const { plane, person } = options;
  const { database } = plane;
  return {
    environments: () => environments(plane),
    plan: (request) => planRequest(options, request),
    apply: (request) => applyRequest(plane, person, request),
    ...acknowledgeOperations(plane, person, (request) => planRequest(options, request)),
    drift: async (environment) => (await driftOf(plane, await known(plane, environment))).drift,
    ...driftOperations(plane, person, (name) => known(plane, name)),
    ...accessOperations(plane, (name) => known(plane, name)),
    ...overrideOperations(plane, person, (name) => known(plane, name)),
    status: () => status(plane),
    history: async (request) => history(plane, { ...request, environment: await known(plane, request.environment) }),
    get: async (request) => resources(plane, { ...request, environment: await known(plane, request.environment) }),
    ...revisionOperations(options),
    ...proposalOperations(options, (name) => known(plane, name)),
    submit: (request) => submit(plane, person, request),
    run: async (id) => one(await runRecords(database, [await readRun(database, id)])),
    ...alertOperations(plane, options, (name) => known(plane, name)),
    ...answerOperations(plane, person, (name) => known(plane, name)),
    ...approvalOperations(options, (name) => known(plane, name)),
    ...auditOperations(plane, person, (name) => known(plane, name)),
    ...runOperations(plane, (name) => known(plane, name)),
    ...taskOperations(plane, person, (name) => known(plane, name)),
    ...retryOperations(plane, person, (name) => known(plane, name)),
    ...syncOperations(plane, person, (name) => known(plane, name)),
    ...rolloutOperations(plane, person, (name) => known(plane, name)),
    ...budgetOperations(plane, (name) => known(plane, name)),
    ...haltOperations(plane, person, (name) => known(plane, name)),
    ...secretOperations(options, (name) => known(plane, name)),
    ...replayOperations(plane, options.workingCopy),
    workers: async () => (await readWorkers(database)).map(workerRecord),
    cancel: async (id) => one(await runRecords(database, [await cancelRun(database, id, options.person.name)])),
    resolve: async ({ run, path, as, output }) => {
      const resolution = {
        run,
        path,
        as,
        by: person.name,
        ...(output === undefined ? {} : { output: output as Json }),
      };
      const row = await resolveUnknown(database, resolution);
      await wakeWorkers(plane, row.pool);
      return one(await runRecords(database, [row]));
    },
    trace: (id) => traceOf(database, id),
    ...tokenOperations(plane, person),
    close: () => options.close(),
  };
}

/** What pawl.yaml no longer declares may still be live; what is in neither is a name that somebody got wrong. */
async function known({ repository, database }: ControlPlane, name: string): Promise<string> {
  if ((await readEnvironmentRow(database.db, name)) === undefined) await readEnvironment(repository, name);
  return name;
}

async function planRequest(options: LocalOptions, request: PlanRequest): Promise<Plan> {
  const { plane, log } = options;
  const target = await planTarget(options, request);
  const planned = await planWithInputs(plane, target);
  const beside = await besideOf(plane.database, planned, { log, isRehearsed: request.preflight === true });
  if (target.workingCopy !== undefined) return beside;
  const { settings, commit } = target;
  const foreign = await foreignClaim(plane, settings.name);
  const held = foreign ?? (await signatureHold(plane, { settings, live: planned.live, commit }));
  return held === undefined ? beside : { ...beside, held: { code: held.code, message: held.message } };
}

async function planTarget({ plane, workingCopy }: LocalOptions, request: PlanRequest): Promise<PlanTarget> {
  if (request.workingCopy === true) {
    const files = workingCopy ?? noWorkingCopy();
    const commit = await files.resolve('HEAD');
    return { settings: await environmentAt(files, commit, request.environment), commit, workingCopy: files };
  }
  await plane.repository.fetch();
  const settings = await readEnvironment(plane.repository, request.environment);
  const commit = await plane.repository.resolve(request.ref ?? settings.branch);
  // What is judged at another ref is judged by the settings of its own environment's branch: `settings`, not the ref's.
  return { settings, commit, deep: true };
}

function noWorkingCopy(): never {
  throw new TerminalError('There is no working copy: the repository is a remote one.', {
    code: 'config.no_repository',
    help: 'Leave PAWL_REPOSITORY unset and run the command inside a clone.',
    exit: exitCodes.usage,
  });
}

async function submit(plane: ControlPlane, person: Person, request: SubmitRequest): ReturnType<Operations['submit']> {
  const { database } = plane;
  await known(plane, request.environment);
  const id = newRunId();
  const accepted = await acceptedSystem(database, request, id);
  await assertEvalCase(database, { ...request, ...accepted });
  const { environment, input, idempotencyKey, session, requires, priority, deadlineMs, evaluates } = request;
  const prepared = await prepareRun(database.db, {
    id,
    environment,
    ...accepted,
    input,
    submittedBy: person.name,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(session === undefined ? {} : { session: sessionNamed(session) }),
    ...(requires === undefined ? {} : { requires }),
    ...(priority === undefined ? {} : { priority }),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    ...(evaluates === undefined ? {} : { cause: { kind: evalCause, ...evaluates } }),
  });
  const row = await inTransaction(database, async (trx) => {
    const made = await submitRunIn(trx, prepared);
    // A key that was used gives back the run that is there: nothing is begun, and whoever began it is told already.
    const detail = { run: id, system: prepared.system };
    if (made.id === id) await recordEvent(trx, { environment, actor: person.name, action: 'run.submitted', detail });
    return made;
  });
  await wakeWorkers(plane, row.pool);
  return one(await runRecords(database, [row]));
}

/** Losing it is harmless: workers also look by themselves. */
async function wakeWorkers(plane: ControlPlane, pool: string): Promise<void> {
  await plane.database.notify(channels.ready, pool).catch(() => undefined);
}

function one<Record>(records: readonly Record[]): Record {
  const [first] = records;
  if (first === undefined) throw new TypeError('one record was asked for and none came');
  return first;
}
