import { z } from '@hono/zod-openapi';
import type { JsonObject } from '../manifest/json.ts';
import { addRoute, type Api } from './route.ts';
import { environmentParameters } from './schemas.ts';

const name = z.string().min(1).max(256);
const argumentsMax = 1_048_576;

const accessBody = z.strictObject({
  tool: name,
  agent: name.optional(),
  system: name.optional(),
  arguments: z.string().max(argumentsMax).optional(),
  touched: z
    .array(z.enum(['public', 'privateRead', 'untrustedRead', 'externalWrite']))
    .max(4)
    .optional(),
  input: z.record(z.string(), z.unknown()).optional(),
});

const kind = z.enum(['tool', 'model']);
const reason = z.string().optional();

const ask = z.object({
  rule: z.string(),
  approvers: z.object({ groups: z.array(z.string()), users: z.array(z.string()), min: z.int() }).optional(),
  ttlMs: z.int(),
  fourEyes: z.boolean(),
});

const entitlement = z.object({
  subject: z.string(),
  system: z.string(),
  target: kind,
  name: z.string(),
  operations: z.array(z.string()),
  verdict: z.object({
    kind: z.enum(['allow', 'ask', 'deny']),
    rule: z.string(),
    reason,
    asks: z.array(z.string()).optional(),
  }),
  missing: z.array(z.string()),
  asks: z.array(ask),
  origins: z.array(
    z.object({ address: z.string(), file: z.string(), line: z.int(), permission: z.string().optional() }),
  ),
});

const accessAnswer = z
  .object({
    target: z.object({ kind, name: z.string() }),
    rows: z.array(
      z.object({
        entitlement,
        decision: z
          .object({
            kind: z.enum(['allow', 'ask', 'deny']),
            reason,
            message: z.string().optional(),
            asks: z.array(ask).optional(),
          })
          .optional(),
      }),
    ),
  })
  .openapi('Access');

const recordedUse = z
  .object({
    days: z.int(),
    runs: z.int(),
    runsMax: z.int(),
    ages: z.array(z.object({ address: z.string(), days: z.int() })),
    calls: z.array(
      z.object({
        agent: z.string().optional(),
        isKnown: z.boolean(),
        kind: z.enum(['model', 'tool']),
        target: z.string(),
        calls: z.int(),
        last: z.string(),
      }),
    ),
    steps: z.array(
      z.object({ agent: z.string(), models: z.int(), tools: z.int(), tokens: z.number(), cost: z.number() }),
    ),
    most: z.object({ calls: z.number(), tokens: z.number(), usd: z.number() }),
    budgets: z.array(z.object({ budget: z.string(), windows: z.int(), most: z.number() })),
  })
  .openapi('RecordedUse');

/** A question, posted as arguments of a call are too long for an address. */
export function addAccessRoutes(app: Api): void {
  addRoute(
    app,
    {
      method: 'post',
      path: '/v1/environments/{environment}/access',
      summary: 'Who may call a tool or model, by the bundles in force',
      parameters: environmentParameters,
      body: accessBody,
      result: accessAnswer,
    },
    ({ parameters: { environment }, body: { tool, agent, system, arguments: text, touched, input }, operations }) =>
      operations.access({
        environment,
        tool,
        ...(agent === undefined ? {} : { agent }),
        ...(system === undefined ? {} : { system }),
        ...(text === undefined ? {} : { arguments: text }),
        ...(touched === undefined ? {} : { touched }),
        ...(input === undefined ? {} : { input: input as JsonObject }),
      }),
  );
  addRoute(
    app,
    {
      method: 'post',
      path: '/v1/environments/{environment}/use',
      summary: 'What the ended runs of the last days used: calls by agent and tool, and figures of each execution',
      parameters: environmentParameters,
      body: z.strictObject({ days: z.int().min(1).max(365) }),
      result: recordedUse,
    },
    ({ parameters: { environment }, body: { days }, operations }) => operations.recordedUse({ environment, days }),
  );
}
