import { z } from '@hono/zod-openapi';
import { addRoute, type Api } from './route.ts';
import { environmentParameters } from './schemas.ts';

const id = z.string().min(1).max(100);

const acknowledgeBody = z.strictObject({
  ids: z.array(id).min(1).max(1_000),
  planDigest: z.string().regex(/^[0-9a-f]{16,64}$/),
  reason: z.string().max(1_000).optional(),
  ref: z.string().min(1).max(255).optional(),
});

const outstanding = z.object({
  id,
  title: z.string(),
  approvers: z.string(),
  missing: z.int().min(0),
  acknowledgeable: z.boolean(),
});

const acknowledgeRecord = z
  .object({
    environment: z.string(),
    planDigest: z.string(),
    by: z.string(),
    acknowledged: z.array(id),
    outstanding: z.array(outstanding),
    alone: z.boolean(),
  })
  .openapi('Acknowledgement');

/** Agreeing to what a plan newly permits. */
export function addAcknowledgeRoutes(app: Api): void {
  addRoute(
    app,
    {
      method: 'post',
      path: '/v1/environments/{environment}/acknowledgements',
      summary: 'Agree to risks and guards of a plan',
      parameters: environmentParameters,
      body: acknowledgeBody,
      result: acknowledgeRecord,
    },
    ({ parameters: { environment }, body: { reason, ref, ...body }, operations }) =>
      operations.acknowledge({
        environment,
        ...body,
        ...(reason === undefined ? {} : { reason }),
        ...(ref === undefined ? {} : { ref }),
      }),
  );
}
