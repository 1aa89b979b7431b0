import { z } from '@hono/zod-openapi';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Operations } from './operations.ts';
import { addRoute } from './route.ts';
import { environmentParameters } from './schemas.ts';

const addressMax = 256;
const addressesMax = 10_000;
const actor = z.string().min(1).max(200);
const text = z.string().optional();

const healingState = z.object({ environment: z.string(), stoppedAt: text }).openapi('HealingState');
const healRecord = z
  .object({
    environment: z.string(),
    revision: z.int(),
    undone: z.array(z.object({ address: z.string(), class: z.string(), by: text, at: text })),
  })
  .openapi('HealRecord');

const healBody = z.strictObject({ addresses: z.array(z.string().max(addressMax)).max(addressesMax), actor });

/** Drift and its ways out. */
export function addDriftRoutes(app: OpenAPIHono, operations: Operations): void {
  const parameters = environmentParameters;
  const at = '/v1/environments/{environment}/drift/heal';
  addRoute(
    app,
    {
      method: 'post',
      path: at,
      summary: 'Put drifted rows back to what the revision says',
      parameters,
      body: healBody,
      result: healRecord,
    },
    ({ parameters: { environment }, body }) => operations.heal({ environment, ...body }),
  );
  addRoute(
    app,
    { method: 'get', path: at, summary: 'Whether controllers heal by themselves', parameters, result: healingState },
    ({ parameters: { environment } }) => operations.healing(environment),
  );
  addRoute(
    app,
    {
      method: 'post',
      path: `${at}/resume`,
      summary: 'Let controllers heal again after a fight',
      parameters,
      body: z.strictObject({ actor }),
      result: healingState,
    },
    ({ parameters: { environment }, body }) => operations.resumeHealing({ environment, ...body }),
  );
}
