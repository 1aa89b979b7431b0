import { z } from '@hono/zod-openapi';

const tier = z.enum(['inline', 'process', 'sandbox', 'container', 'wasm']);

export const tiers = z.array(tier);

export const heldBack = z.object({ code: z.string(), message: z.string() });

export const workerRecord = z.object({
  id: z.string(),
  host: z.string(),
  pid: z.number().int().min(0),
  version: z.string(),
  pool: z.string(),
  slots: z.number().int().min(0),
  running: z.number().int().min(0),
  startedAt: z.string(),
  leaseUntil: z.string(),
  live: z.boolean(),
  tiers: tiers.optional(),
  withheld: z.record(z.string(), z.string()).optional(),
});
