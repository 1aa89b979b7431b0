import { z } from '@hono/zod-openapi';
import { addRoute, type Api } from './route.ts';
import { environmentParameters } from './schemas.ts';

const addressMax = 256;
const addressesMax = 10_000;
const text = z.string().optional();

const healingState = z.object({ environment: z.string(), stoppedAt: text }).openapi('HealingState');
const healRecord = z
  .object({
    environment: z.string(),
    revision: z.int(),
    undone: z.array(z.object({ address: z.string(), class: z.string(), by: text, at: text })),
  })
  .openapi('HealRecord');

const healBody = z.strictObject({ addresses: z.array(z.string().max(addressMax)).max(addressesMax) });

/** Drift and its ways out. */
export function addDriftRoutes(app: Api): void {
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
    ({ parameters: { environment }, body, operations }) => operations.heal({ environment, ...body }),
  );
  addRoute(
    app,
    { method: 'get', path: at, summary: 'Whether controllers heal by themselves', parameters, result: healingState },
    ({ parameters: { environment }, operations }) => operations.healing(environment),
  );
  addRoute(
    app,
    {
      method: 'post',
      path: `${at}/resume`,
      summary: 'Let controllers heal again after a fight',
      parameters,
      body: z.strictObject({}),
      result: healingState,
    },
    ({ parameters: { environment }, operations }) => operations.resumeHealing(environment),
  );
}
