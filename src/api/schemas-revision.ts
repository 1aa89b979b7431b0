import { z } from '@hono/zod-openapi';
import { change, environmentParameters, plan, revisionRecord, summary } from './schemas.ts';

const text = z.string().max(1_000);
const whole = z.number().int().min(0);
const runs = z.enum(['finish', 'drain', 'cancel']);

export const revisionParameters = environmentParameters.extend({
  revision: z.coerce.number().int().min(0).max(999_999_999),
});
export const compareQuery = z.object({ from: z.string().min(1).max(255), to: z.string().min(1).max(255) });
export const blameQuery = z.object({ address: z.string().min(1).max(255) });

export const rollbackBody = z.strictObject({
  pullRequest: z.boolean().optional(),
  planDigest: z.string().regex(/^[0-9a-f]{64}$/),
  runs,
  reason: text,
  acknowledge: z.array(z.string().min(1).max(100)).max(1_000),
});
export const releaseBody = z.strictObject({
  addresses: z.array(z.string().min(1).max(255)).min(1).max(1_000).optional(),
  reason: text.min(1),
});

const leftBehind = {
  inFlight: z.array(z.object({ system: z.string(), runs: whole })),
  effects: z.object({
    total: whole,
    calls: z.array(
      z.object({
        run: z.string(),
        system: z.string(),
        revision: whole,
        path: z.string(),
        tool: z.string(),
        operations: z.array(z.string()),
        at: z.string(),
        outcome: z.enum(['done', 'failed', 'unknown', 'running']),
      }),
    ),
  }),
};

const withdrawn = z.object({
  address: z.string(),
  digest: z.string().nullable(),
  since: whole,
  to: whole,
  by: z.string(),
  reason: z.string(),
});

export const withdrawnList = z.array(withdrawn);
export const rollbackPlan = z.object({ plan, to: revisionRecord, ...leftBehind });
export const rolledBack = z.object({
  outcome: z.enum(['applied', 'unchanged']),
  environment: z.string(),
  revision: whole,
  to: whole,
  summary,
  quarantine: withdrawnList,
  ...leftBehind,
});

export const shownRevision = z.object({
  record: revisionRecord,
  changes: z.array(change),
  acknowledgements: z.array(z.object({ id: z.string(), by: z.string(), at: z.string(), reason: z.string() })),
});

export const comparison = z.object({
  environment: z.string(),
  from: z.string(),
  to: z.string(),
  changes: z.array(change),
});

export const blame = z.object({
  environment: z.string(),
  address: z.string(),
  removedBy: whole.optional(),
  formerly: z.array(z.string()),
  fields: z.array(
    z.object({
      path: z.string(),
      value: z.unknown().optional(),
      sensitive: z.boolean(),
      revision: whole,
      commit: z.string(),
      subject: z.string(),
      by: z.string(),
      at: z.string(),
    }),
  ),
});
