import { z } from '@hono/zod-openapi';
import type { ExportAuditRequest } from './operations-audit.ts';
import { addRoute, type Api } from './route.ts';
import { environmentParameters, runParameters } from './schemas.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const seq = z.int().min(0);

const anchor = z.object({
  environment: z.string().min(1).max(127),
  lineage: z.uuid(),
  seq,
  hash,
  at: z.iso.datetime(),
});

const report = z
  .object({
    environments: z.array(
      z.object({ environment: z.string(), links: seq, head: z.string().optional(), anchored: z.boolean() }),
    ),
    runs: seq,
    rows: seq,
    pending: z.object({ rows: seq, runs: seq, ended: z.array(z.string()) }),
    break: z
      .object({
        chain: z.enum(['environment', 'run']),
        environment: z.string().optional(),
        run: z.string().optional(),
        seq,
        fault: z.enum(['edited', 'missing', 'moved', 'truncated', 'not folded so', 'lineage']),
        message: z.string(),
      })
      .optional(),
  })
  .openapi('AuditReport');

const line = z.looseObject({ cursor: seq, environment: z.string(), at: z.string(), event: z.string() });

const page = z.object({ lines: z.array(line), next: seq.nullable() }).openapi('AuditPage');

const verdict = z.object({
  kind: z.enum(['allow', 'ask', 'deny']),
  rule: z.string(),
  reason: z.string().optional(),
  message: z.string().optional(),
});

const why = z
  .object({
    run: z.string(),
    call: z.string(),
    environment: z.string(),
    system: z.string(),
    kind: z.enum(['model', 'tool']),
    subject: z.string(),
    target: z.string(),
    at: z.string(),
    pinned: seq,
    live: seq.optional(),
    recorded: verdict,
    again: verdict.optional(),
    same: z.boolean(),
    without: z.array(z.string()),
    steps: z.array(z.looseObject({ step: z.string(), check: z.string(), outcome: z.string() })),
    rules: z.array(
      z.object({
        rule: z.string(),
        of: z.enum(['pinned', 'live']),
        revision: seq,
        commit: z.string(),
        file: z.string(),
        line: seq,
      }),
    ),
    would: verdict.optional(),
    outcome: z.string().optional(),
  })
  .openapi('Why');

const part = z.object({ after: z.coerce.number().int().min(0).optional(), since: z.iso.datetime().optional() });

function given({ after, since }: z.infer<typeof part>): Pick<ExportAuditRequest, 'after' | 'since'> {
  return { ...(after === undefined ? {} : { after }), ...(since === undefined ? {} : { since }) };
}

/** Whether the record is whole, the record for other systems, and where it stands. */
export function addAuditRoutes(app: Api): void {
  addRoute(
    app,
    {
      method: 'post',
      path: '/v1/audit/verify',
      summary: 'Find where the record is broken',
      body: z.strictObject({ run: z.uuid().optional(), anchors: z.array(anchor.strict()).max(100).optional() }),
      result: report,
    },
    ({ body: { run, anchors }, operations }) =>
      operations.verifyAudit({
        ...(run === undefined ? {} : { run }),
        ...(anchors === undefined ? {} : { anchors }),
      }),
  );
  addRoute(
    app,
    {
      method: 'get',
      path: '/v1/runs/{id}/why',
      summary: 'A recorded decision, made again',
      parameters: runParameters,
      query: z.object({ call: z.string().min(1).max(1_024) }),
      result: why,
    },
    ({ parameters: { id }, query: { call }, operations }) => operations.why({ run: id, call }),
  );
  addRoute(
    app,
    {
      method: 'get',
      path: '/v1/environments/{environment}/audit',
      summary: 'The record, event by event',
      parameters: environmentParameters,
      query: part,
      result: page,
    },
    ({ parameters: { environment }, query, operations }) => operations.exportAudit({ environment, ...given(query) }),
  );
  addRoute(
    app,
    { method: 'get', path: '/v1/audit', summary: 'The record of what is of no environment', query: part, result: page },
    ({ query, operations }) => operations.exportAudit({ environment: '', ...given(query) }),
  );
  addRoute(
    app,
    {
      method: 'post',
      path: '/v1/environments/{environment}/audit/anchor',
      summary: 'Say or write where the record stands',
      parameters: environmentParameters,
      body: z.strictObject({ write: z.boolean() }),
      result: anchor.extend({ ref: z.string().optional(), commit: z.string().optional() }).openapi('AuditAnchor'),
    },
    ({ parameters: { environment }, body: { write }, operations }) => operations.anchorAudit({ environment, write }),
  );
}
