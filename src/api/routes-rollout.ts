import { z } from '@hono/zod-openapi';
import { addRoute, type Api } from './route.ts';
import * as schemas from './schemas.ts';

const whole = z.int().min(0);

const side = z.object({
  revision: whole,
  runs: whole.optional(),
  failed: whole.optional(),
  latencyMs: z.number().min(0).optional(),
});

const rollout = z
  .object({
    environment: z.string(),
    system: z.string(),
    strategy: z.enum(['canary', 'blueGreen']),
    state: z.enum(['progressing', 'paused', 'aborted', 'done', 'reverted', 'superseded', 'removed']),
    step: whole,
    steps: whole,
    weight: whole,
    reason: z.string(),
    startedAt: z.string(),
    stepSince: z.string(),
    endedAt: z.string().optional(),
    from: side,
    to: side,
  })
  .openapi('Rollout');

const order = z.strictObject({
  system: z.string().min(1).max(127),
  action: z.enum(['promote', 'pause', 'resume', 'abort']),
  full: z.boolean().optional(),
  reason: z.string().max(1_000),
});

/** How new runs come to new revisions of systems. */
export function addRolloutRoutes(app: Api): void {
  const parameters = schemas.environmentParameters;
  const path = '/v1/environments/{environment}/rollouts';
  addRoute(
    app,
    { method: 'get', path, summary: 'The last rollout of each system', parameters, result: z.array(rollout) },
    ({ parameters: { environment }, operations }) => operations.rollouts(environment),
  );
  addRoute(
    app,
    { method: 'post', path, summary: 'Move a rollout on, or take it back', parameters, body: order, result: rollout },
    ({ parameters: { environment }, body: { full, ...body }, operations }) =>
      operations.orderRollout({ environment, ...body, ...(full === undefined ? {} : { full }) }),
  );
}
