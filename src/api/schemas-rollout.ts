import { z } from '@hono/zod-openapi';

const whole = z.int().min(0);

/** A rollout that is under way, without what its runs came to. */
export const rolloutStanding = z.object({
  system: z.string(),
  strategy: z.enum(['canary', 'blueGreen']),
  state: z.enum(['progressing', 'paused', 'aborted']),
  step: whole,
  steps: whole,
  weight: whole,
  stepSince: z.string(),
  from: whole,
  to: whole,
});
