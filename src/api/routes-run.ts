import { z } from '@hono/zod-openapi';
import { type RunsRequest, runStates } from './operations-run.ts';
import { addRoute, type Api, namespacesOf } from './route.ts';
import * as schemas from './schemas.ts';
import { heldBack } from './schemas-worker.ts';

const whole = z.int().min(0);
const instant = z.string();

const runsQuery = schemas.limitQuery.extend({
  /** Several with commas. */
  states: z
    .string()
    .max(200)
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(runStates)))
    .optional(),
  system: z.string().min(1).max(127).optional(),
  before: z.uuid().optional(),
});

const changesQuery = runsQuery.extend({
  seen: z.string().max(64).optional(),
  waitMs: z.coerce.number().int().min(0).max(60_000).default(20_000),
});

const eventsQuery = schemas.limitQuery.extend({
  after: z.coerce.number().int().min(0).optional(),
  run: z.uuid().optional(),
  waitMs: z.coerce.number().int().min(0).max(60_000).default(0),
});

const runEvent = z
  .object({
    position: whole,
    at: instant,
    event: z.string(),
    environment: z.string(),
    system: z.string(),
    run: z.string(),
    detail: z.record(z.string(), z.unknown()),
  })
  .openapi('RunEvent');

const standing = z
  .object({
    run: z.string(),
    submittedBy: z.string(),
    cause: z.record(z.string(), z.unknown()).optional(),
    attempts: z.object({ number: whole, max: whole, next: instant.optional(), over: z.boolean() }).optional(),
    retriedFrom: z.string().optional(),
    pool: z.string(),
    priority: whole,
    idempotencyKey: z.string().optional(),
    deadlineAt: instant.optional(),
    cancelRequestedAt: instant.optional(),
    drainRequestedAt: instant.optional(),
    crashes: whole,
    fence: whole,
    worker: z.object({ id: z.string(), host: z.string(), pid: whole, live: z.boolean() }).optional(),
    pin: z.object({ bundle: z.string(), state: z.enum(['live', 'replaced', 'gone']), liveRevision: whole }),
    waits: z.array(
      z.object({
        path: z.string(),
        kind: z.enum(['timer', 'rate', 'unknown', 'human', 'review', 'approval', 'halt']),
        since: instant,
        dueAt: instant.optional(),
        detail: z.record(z.string(), z.unknown()).optional(),
      }),
    ),
  })
  .openapi('Standing');

const content = z.record(z.string(), z.unknown());

const replaySource = z
  .object({
    input: content,
    rows: z.array(z.looseObject({ path: z.string(), phase: z.enum(['intent', 'result']), node: z.string() })),
    content,
    comparesVectors: z.boolean(),
    target: z.object({ what: z.string(), content, authority: content }),
  })
  .openapi('ReplaySource');

const top = z
  .object({
    environment: z.string(),
    windowMs: whole,
    pools: z.array(
      z.object({
        pool: z.string(),
        queued: whole,
        oldestMs: whole,
        desiredWorkers: whole.optional(),
        held: heldBack.optional(),
      }),
    ),
    workers: z.object({ live: whole, slots: whole, running: whole }),
    systems: z.array(
      z.object({
        system: z.string(),
        queued: whole,
        running: whole,
        waiting: whole,
        succeeded: whole,
        failed: whole,
        dead: whole,
        steps: whole,
        tokensIn: whole,
        tokensOut: whole,
        cost: whole,
        p95Ms: whole.optional(),
      }),
    ),
  })
  .openapi('Top');

/** Lists of runs, and what on-call asks of them. */
export function addRunReadingRoutes(app: Api): void {
  const parameters = schemas.environmentParameters;
  addRoute(
    app,
    {
      method: 'get',
      path: '/v1/environments/{environment}/runs',
      summary: 'Runs, newest first',
      parameters,
      query: runsQuery,
      result: z.array(schemas.runRecord),
    },
    ({ parameters: { environment }, query, operations, reach }) =>
      operations.runs({ environment, ...filterOf(query), ...namespacesOf(reach) }),
  );
  addRoute(
    app,
    {
      method: 'get',
      path: '/v1/environments/{environment}/runs/changes',
      summary: 'The same list, as soon as it is another than the one that was seen',
      parameters,
      query: changesQuery,
      result: z.object({ seen: z.string(), runs: z.array(schemas.runRecord) }),
    },
    ({ parameters: { environment }, query, operations, reach }) =>
      operations.runChanges({
        environment,
        ...filterOf(query),
        ...namespacesOf(reach),
        waitMs: query.waitMs,
        ...(query.seen === undefined ? {} : { seen: query.seen }),
      }),
  );
  addRoute(
    app,
    {
      method: 'get',
      path: '/v1/environments/{environment}/top',
      summary: 'What is under way, and the last minutes by system',
      parameters,
      result: top,
    },
    ({ parameters: { environment }, operations }) => operations.top(environment),
  );
  addEventRoute(app);
  addOneRunRoutes(app);
}

function addEventRoute(app: Api): void {
  addRoute(
    app,
    {
      method: 'get',
      path: '/v1/environments/{environment}/events',
      summary: 'What became of runs, as soon as there is something after what was seen',
      parameters: schemas.environmentParameters,
      query: eventsQuery,
      result: z.object({ events: z.array(runEvent), after: whole }),
    },
    ({ parameters: { environment }, query: { limit, waitMs, after, run }, operations, reach }) =>
      operations.runEvents({
        environment,
        limit,
        waitMs,
        ...(after === undefined ? {} : { after }),
        ...(run === undefined ? {} : { run }),
        ...namespacesOf(reach),
      }),
  );
}

function addOneRunRoutes(app: Api): void {
  addRoute(
    app,
    {
      method: 'get',
      path: '/v1/runs/{id}/replay',
      summary: 'The journal of a run that ended, and the system under another snapshot',
      parameters: schemas.runParameters,
      query: z.object({ at: z.string().min(1).max(255) }),
      result: replaySource,
    },
    ({ parameters: { id }, query: { at }, operations }) => operations.replaySource({ run: id, at }),
  );
  addRoute(
    app,
    {
      method: 'get',
      path: '/v1/runs/{id}/standing',
      summary: 'Who works on a run, what it waits for, and what it is pinned to',
      parameters: schemas.runParameters,
      result: standing,
    },
    ({ parameters: { id }, operations }) => operations.standing(id),
  );
}

function filterOf({ limit, states, system, before }: z.infer<typeof runsQuery>): Omit<RunsRequest, 'environment'> {
  return {
    limit,
    ...(states === undefined ? {} : { states }),
    ...(system === undefined ? {} : { system }),
    ...(before === undefined ? {} : { before }),
  };
}
