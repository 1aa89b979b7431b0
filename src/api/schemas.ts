import { z } from '@hono/zod-openapi';
import { haltRecord } from './schemas-halt.ts';
import { rolloutStanding } from './schemas-rollout.ts';
import { deadlineMs, evaluates } from './schemas-submit.ts';
import { heldBack, tiers } from './schemas-worker.ts';

const environment = z.string().min(1).max(63);
const whole = z.number().int().min(0);
const instant = z.string();
const value = z.unknown();
const object = z.record(z.string(), z.unknown());
/** What the wire leaves out is undefined. */
const maybe = <Schema extends z.ZodType>(schema: Schema) => schema.optional();

export const environmentParameters = z.object({ environment });
export const runParameters = z.object({ id: z.uuid() });
export const limitQuery = z.object({ limit: z.coerce.number().int().min(1).max(1_000).default(50) });
export const historyQuery = limitQuery.extend({
  before: maybe(z.coerce.number().int().min(1).max(999_999_999)),
});
export const resourceQuery = z.object({
  kind: maybe(z.string().max(63)),
  namespace: maybe(z.string().max(63)),
  name: maybe(z.string().max(63)),
  at: maybe(z.string().min(1).max(40)),
});

export const planBody = z.strictObject({
  ref: maybe(z.string().min(1).max(255)),
  workingCopy: maybe(z.boolean()),
  preflight: maybe(z.boolean()),
});
export const applyBody = z.strictObject({
  commit: z.string().min(1).max(64),
  planDigest: z.string().regex(/^[0-9a-f]{64}$/),
  acknowledge: maybe(z.array(z.string().min(1).max(100)).max(1_000)),
  outsideWindow: maybe(z.string().min(1).max(1_000)),
});
const requirements = z.strictObject({
  region: maybe(z.string().min(1).max(63)),
  gpu: maybe(z.boolean()),
  model: maybe(z.string().min(1).max(253)),
  labels: maybe(z.record(z.string().min(1).max(253), z.string().max(253))),
  isolation: maybe(tiers.max(5)),
});
export const submitBody = z.strictObject({
  environment,
  system: z.string().min(1).max(127),
  input: object,
  idempotencyKey: maybe(z.string().min(1).max(255)),
  session: maybe(z.string().min(1).max(200)),
  requires: maybe(requirements),
  priority: maybe(z.int().min(0).max(9)),
  deadlineMs: maybe(deadlineMs),
  evaluates: maybe(evaluates),
});
export const resolveBody = z.strictObject({
  path: z.string().min(1).max(500),
  as: z.enum(['done', 'failed', 'again']),
  output: maybe(value),
});

export const problem = z.object({
  code: z.string(),
  severity: z.enum(['error', 'warning']),
  message: z.string(),
  file: z.string(),
  line: whole,
  column: whole,
  endColumn: maybe(whole),
  help: maybe(z.string()),
  address: maybe(z.string()),
  blocks: maybe(z.literal('apply')),
  lacks: maybe(z.string()),
});

export const summary = z.object({
  add: whole,
  change: whole,
  remove: whole,
  move: whole,
  adopt: whole,
  orphan: whole,
});

export const change = z
  .looseObject({
    address: z.string(),
    kind: z.string(),
    namespace: z.string(),
    name: z.string(),
    previousAddress: maybe(z.string()),
    action: z.enum(['create', 'update', 'delete', 'move']),
    class: z.enum(['pending', 'outOfBand', 'converged', 'conflict', 'missing', 'orphan', 'recompiled']),
    fields: z.array(z.looseObject({ path: z.string() })),
  })
  .openapi('Change');

export const plan = z
  .looseObject({
    digest: z.string(),
    environment: z.string(),
    base: z.object({ revision: whole, root: z.string() }),
    changes: z.array(change),
    drift: z.array(change),
    summary,
    problems: z.array(problem),
  })
  .openapi('Plan');

export const environments = z.array(z.object({ name: z.string(), branch: z.string() }));

export const appliedRevision = z.object({
  environment: z.string(),
  revision: whole,
  commit: z.string(),
  root: z.string(),
  summary,
  revertOf: maybe(whole),
});

export const suspension = z.object({ by: z.string(), reason: z.string(), at: instant, until: maybe(instant) });

export const condition = z.object({
  type: z.enum(['SourceReady', 'Planned', 'Gated', 'Applied', 'Healthy', 'Drifted']),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: z.string(),
  message: z.string(),
  commit: maybe(z.string()),
  since: instant,
});

export const environmentStatus = z.object({
  environment: z.string(),
  branch: z.string(),
  revision: whole,
  commit: maybe(z.string()),
  head: maybe(z.string()),
  sync: z.enum(['Synced', 'OutOfSync', 'Unknown']),
  drifted: whole,
  lastAttempt: maybe(
    z.object({
      at: instant,
      outcome: z.string(),
      commit: maybe(z.string()),
      code: maybe(z.string()),
      message: z.string(),
    }),
  ),
  problems: z.array(problem),
  halts: maybe(z.array(haltRecord)),
  pinned: maybe(z.object({ revision: whole, to: whole, by: z.string(), at: instant, reason: z.string(), held: whole })),
  conditions: maybe(z.array(condition)),
  suspension: maybe(suspension),
  window: maybe(z.object({ isOpen: z.boolean(), opensAt: maybe(instant), deniedBy: maybe(z.string()) })),
  overrides: maybe(z.array(z.object({ address: z.string(), by: z.string(), reason: z.string(), expiresAt: instant }))),
  healingStoppedAt: maybe(instant),
  rollouts: maybe(z.array(rolloutStanding)),
  overrun: maybe(z.array(z.string())),
  alerts: maybe(z.array(z.object({ key: z.string(), severity: z.string(), title: z.string(), since: instant }))),
  probes: maybe(
    z.array(
      z.object({
        subject: z.enum(['endpoint', 'model', 'secret', 'server']),
        name: z.string(),
        reason: z.string(),
        since: instant,
      }),
    ),
  ),
});

export const revisionRecord = z.object({
  revision: whole,
  commit: z.string(),
  subject: z.string(),
  summary,
  revertOf: maybe(whole),
  appliedBy: z.string(),
  appliedAt: instant,
  rollback: maybe(
    z.object({ to: whole, from: whole, reason: z.string(), runs: z.enum(['finish', 'drain', 'cancel']) }),
  ),
  quarantine: maybe(z.object({ held: whole, released: whole })),
  overruns: maybe(whole),
  trialOverruns: maybe(whole),
});

export const resourceRecord = z.object({
  address: z.string(),
  generation: whole,
  revision: whole,
  digest: z.string(),
  file: z.string(),
  line: whole,
  drifted: z.boolean(),
  manifest: object,
});

export const runRecord = z
  .object({
    id: z.string(),
    environment: z.string(),
    system: z.string(),
    revision: whole,
    state: z.enum(['Queued', 'Running', 'Waiting', 'Succeeded', 'Failed', 'Cancelled', 'TimedOut', 'DeadLetter']),
    input: object,
    output: maybe(value),
    error: maybe(z.object({ code: z.string(), message: z.string(), node: maybe(z.string()), path: maybe(z.string()) })),
    waits: z.array(
      z.object({
        path: z.string(),
        kind: z.enum(['timer', 'rate', 'unknown', 'human', 'review', 'approval', 'halt']),
        dueAt: maybe(instant),
      }),
    ),
    createdAt: instant,
    startedAt: maybe(instant),
    endedAt: maybe(instant),
    retryAt: maybe(instant),
    held: maybe(heldBack),
  })
  .openapi('Run');

const traceCall = z.object({
  path: z.string(),
  kind: z.enum(['model', 'tool']),
  target: z.string(),
  decision: z.object({
    kind: z.enum(['allow', 'ask', 'deny']),
    rule: z.string(),
    reason: maybe(z.string()),
    message: maybe(z.string()),
    approval: maybe(z.string()),
    approvedBy: maybe(z.array(z.string())),
    would: maybe(z.object({ kind: z.enum(['allow', 'ask', 'deny']), rule: z.string(), reason: maybe(z.string()) })),
  }),
  guards: maybe(
    z.array(
      z.object({
        guard: z.string(),
        mode: z.enum(['preCall', 'postCall']),
        action: z.enum(['mask', 'block', 'audit']),
        found: maybe(z.record(z.string(), whole)),
        failed: maybe(z.string()),
      }),
    ),
  ),
  outcome: z.enum(['running', 'done', 'failed', 'denied', 'unknown']),
  madeAgain: z.literal(true).optional(),
  answeredBy: z.string().optional(),
  error: maybe(z.object({ code: z.string(), message: z.string() })),
  startedAt: instant,
  endedAt: maybe(instant),
  tokensIn: whole,
  tokensOut: whole,
  cost: whole,
  held: maybe(z.object({ tokens: whole, cost: whole })),
});

export const traceRecord = z
  .object({
    run: runRecord,
    nodes: z.array(
      z.object({
        node: z.string(),
        kind: z.enum(['agent', 'tool', 'system', 'human', 'value']),
        target: z.string(),
        state: z.enum(['done', 'running', 'failed', 'skipped']),
        startedAt: maybe(instant),
        endedAt: maybe(instant),
        calls: z.array(traceCall),
      }),
    ),
    totals: z.object({ tokensIn: whole, tokensOut: whole, cost: whole, calls: whole, denied: whole }),
  })
  .openapi('Trace');

export const problemJson = z
  .object({
    type: z.string(),
    title: z.string(),
    status: whole,
    detail: z.string(),
    code: z.string(),
    help: maybe(z.string()),
    exit: whole,
    retryable: z.boolean(),
  })
  .openapi('Problem');
