import { exitCodes, RetryableError, TerminalError } from '../errors.ts';
import type { Plan } from '../plan/change.ts';
import { accessClient } from './client-access.ts';
import { answerClient } from './client-answer.ts';
import { approvalClient } from './client-approval.ts';
import { auditClient } from './client-audit.ts';
import { proposalClient } from './client-proposal.ts';
import { revisionClient } from './client-revision.ts';
import { retryClient } from './client-retry.ts';
import { alertClient } from './client-alert.ts';
import { haltClient } from './client-halt.ts';
import { secretClient } from './client-secret.ts';
import type { BudgetRecord } from './operations-budget.ts';
import { rolloutClient } from './client-rollout.ts';
import { runClient } from './client-run.ts';
import { syncClient } from './client-sync.ts';
import { tokenClient } from './client-token.ts';
import type { ScheduleRecord, WebhookRecord } from './operations-task.ts';
import type { AcknowledgeRecord } from './operations-acknowledge.ts';
import type { Operations } from './operations.ts';
import type * as records from './operations.ts';
import type { EnvironmentStatus } from './operations-status.ts';
import type { RevisionRecord } from './operations-revision.ts';
import type * as drifts from './operations-drift.ts';
import type * as overrides from './operations-override.ts';
import { errorOf, problemMediaType } from './problem-json.ts';
import type { ProblemJson } from './problem-json.ts';

export interface ClientOptions {
  /** `http://127.0.0.1:<port>` */
  readonly address: string;
  readonly token: string;
  /** This pawl's version: a server of another one may mean other things by the same words. */
  readonly version: string;
}

const requestMs = 120_000;

/** The operations of a running `pawl up`, over its API. */
export function createClient(options: ClientOptions): Operations {
  const get = <Result>(path: string) => send<Result>(options, path, undefined);
  const post = <Result>(path: string, body: object) => send<Result>(options, path, body);
  return {
    environments: () => get('/v1/environments'),
    plan: ({ environment, ...body }) => post<Plan>(`${of(environment)}/plan`, body),
    apply: ({ environment, ...body }) => post<records.AppliedRevision>(`${of(environment)}/apply`, body),
    acknowledge: ({ environment, ...body }) => post<AcknowledgeRecord>(`${of(environment)}/acknowledgements`, body),
    ...accessClient({ post, of }),
    drift: (environment) => get<Plan['drift']>(`${of(environment)}/drift`),
    heal: ({ environment, ...body }) => post<drifts.HealRecord>(`${of(environment)}/drift/heal`, body),
    healing: (environment) => get<drifts.HealingState>(`${of(environment)}/drift/heal`),
    resumeHealing: (environment) => post<drifts.HealingState>(`${of(environment)}/drift/heal/resume`, {}),
    overrides: (environment) => get<overrides.OverrideRecord[]>(`${of(environment)}/overrides`),
    setOverride: ({ environment, ...body }) => post<overrides.OverriddenRecord>(`${of(environment)}/overrides`, body),
    endOverride: ({ environment, ...body }) =>
      post<overrides.OverriddenRecord>(`${of(environment)}/overrides/end`, body),
    status: () => get<EnvironmentStatus[]>('/v1/status'),
    history: ({ environment, ...page }) => get<RevisionRecord[]>(`${of(environment)}/history?${queryOf(page)}`),
    get: ({ environment, ...filter }) =>
      get<records.ResourceRecord[]>(`${of(environment)}/resources?${new URLSearchParams(filter).toString()}`),
    ...answerClient({ get, post, of, run }),
    ...approvalClient({ get, post, of }),
    ...auditClient({ get, post, of, run }),
    ...retryClient({ get, post, of, run }),
    ...rolloutClient({ get, post, of }),
    ...syncClient({ get, post, of }),
    budgets: (environment) => get<BudgetRecord[]>(`${of(environment)}/budgets`),
    ...alertClient({ get, post, of }),
    ...haltClient({ get, post, of }),
    ...secretClient({ get, post, of }),
    ...runClient({ get, of, run }),
    submit: (request) => post<records.RunRecord>('/v1/runs', request),
    run: (id) => get<records.RunRecord>(run(id)),
    startTask: (request) => post<records.RunRecord>('/v1/tasks/start', request),
    schedules: (environment) => get<ScheduleRecord[]>(`${of(environment)}/schedules`),
    webhooks: (environment) => get<WebhookRecord[]>(`${of(environment)}/webhooks`),
    workers: () => get<records.WorkerRecord[]>('/v1/workers'),
    cancel: (id) => post<records.RunRecord>(`${run(id)}/cancel`, {}),
    resolve: ({ run: id, ...body }) => post<records.RunRecord>(`${run(id)}/resolve`, body),
    trace: (id) => get<records.TraceRecord>(`${run(id)}/trace`),
    ...tokenClient({ get, post }),
    ...revisionClient({ get, post }),
    ...proposalClient({ get, post }),
    close: () => Promise.resolve(),
  };
}

/** Whether the server answers at all: a file may outlive it, and its process id may be another's by now. */
export async function isAnswering(address: string): Promise<boolean> {
  try {
    const response = await fetch(`${address}/healthz`, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.ok && response.headers.has('pawl-version');
  } catch {
    // Nobody listens there: the file is stale.
    return false;
  }
}

function queryOf(page: Readonly<Record<string, number | undefined>>): string {
  const set = Object.entries(page).filter(([, value]) => value !== undefined);
  return new URLSearchParams(Object.fromEntries(set.map(([key, value]) => [key, String(value)]))).toString();
}

function of(environment: string): string {
  return `/v1/environments/${encodeURIComponent(environment)}`;
}

/** The API refuses what is no id at all as a bad request; whoever typed it wants to know that there is no such run. */
function run(id: string): string {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) {
    throw new TerminalError(`No run has the id ${JSON.stringify(id.slice(0, 64))}.`, {
      code: 'run.unknown',
      help: 'Look at `pawl get runs`.',
    });
  }
  return `/v1/runs/${encodeURIComponent(id)}`;
}

async function send<Result>(options: ClientOptions, path: string, body: object | undefined): Promise<Result> {
  const response = await request(options, path, body);
  assertSameVersion(response.headers.get('pawl-version'), options.version);
  if (!response.ok) throw await failure(response);
  return (await response.json()) as Result;
}

async function request(options: ClientOptions, path: string, body: object | undefined): Promise<Response> {
  try {
    return await fetch(`${options.address}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${options.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      redirect: 'error',
      signal: AbortSignal.timeout(requestMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (error) {
    throw new RetryableError(`The running pawl at ${options.address} did not answer.`, {
      code: 'api.unreachable',
      help: 'Run the command again; start `pawl up` if it has stopped.',
      cause: error,
    });
  }
}

function assertSameVersion(server: string | null, own: string): void {
  if (server === own) return;
  throw new TerminalError(mismatch(server, own), {
    code: 'api.version_mismatch',
    help: 'Stop `pawl up` and start it again with this version.',
    exit: exitCodes.conflict,
  });
}

function mismatch(server: string | null, own: string): string {
  if (server === null) return `What answers there is not pawl; this command is pawl ${own}.`;
  const order = compareVersions(server, own) < 0 ? 'older' : 'newer';
  return `The running pawl is ${order} (${server}) than this command (${own}).`;
}

export function compareVersions(left: string, right: string): number {
  const [a, b] = [left, right].map((version) => version.split(/[.-]/).map((part) => Number.parseInt(part, 10) || 0));
  for (const index of [0, 1, 2]) {
    const difference = (a?.[index] ?? 0) - (b?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

async function failure(response: Response): Promise<Error> {
  if (response.headers.get('content-type')?.startsWith(problemMediaType) === true) {
    return errorOf((await response.json()) as ProblemJson);
  }
  return new TerminalError(`The running pawl answered ${response.status} without saying why.`, {
    code: 'api.unreachable',
  });
}
