import { z } from '@hono/zod-openapi';

/** How long after its submission a run must be over. */
export const deadlineMs = z
  .int()
  .min(1)
  .max(366 * 86_400_000);

/** Which case of an Eval a run tries. */
export const evaluates = z.strictObject({
  eval: z.string().min(3).max(127),
  case: z.string().min(1).max(63),
  turn: z.int().min(1).max(100),
});
