import { z } from '@hono/zod-openapi';

export const haltScope = z.string().min(1).max(300);

export const haltRecord = z
  .object({
    id: z.string(),
    scope: haltScope,
    environment: z.string().optional(),
    state: z.enum(['inForce', 'lifted', 'expired']),
    reason: z.string(),
    by: z.string(),
    setAs: z.enum(['operator', 'admin']),
    since: z.string(),
    until: z.string().optional(),
    aborts: z.boolean(),
    denies: z.boolean(),
    waiting: z.int().min(0),
    endedAt: z.string().optional(),
    endedBy: z.string().optional(),
    endReason: z.string().optional(),
  })
  .openapi('Halt');
