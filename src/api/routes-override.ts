import { z } from '@hono/zod-openapi';
import type { JsonObject } from '../manifest/json.ts';
import { addRoute, type Api } from './route.ts';
import { environmentParameters } from './schemas.ts';

const acknowledge = z.array(z.string().max(64)).max(1_000);
const msMax = 7 * 24 * 3_600_000;

const override = z
  .object({
    id: z.string(),
    address: z.string(),
    spec: z.looseObject({}),
    reason: z.string(),
    by: z.string(),
    setAt: z.string(),
    expiresAt: z.string(),
  })
  .openapi('Override');

const overridden = z
  .object({ environment: z.string(), revision: z.int(), override, systems: z.array(z.string()) })
  .openapi('Overridden');

const setBody = z.strictObject({
  address: z.string().max(256),
  spec: z.looseObject({}),
  reason: z.string().min(1).max(1_000),
  forMs: z.int().min(1).max(msMax),
  acknowledge,
});
const endBody = z.strictObject({ id: z.string().max(64), acknowledge });

/** Changes by hand that are meant. */
export function addOverrideRoutes(app: Api): void {
  const parameters = environmentParameters;
  const path = '/v1/environments/{environment}/overrides';
  addRoute(
    app,
    { method: 'get', path, summary: 'Overrides in force', parameters, result: z.array(override) },
    ({ parameters: { environment }, operations }) => operations.overrides(environment),
  );
  addRoute(
    app,
    { method: 'post', path, summary: 'Change a live resource at once', parameters, body: setBody, result: overridden },
    ({ parameters: { environment }, body, operations }) =>
      operations.setOverride({ environment, ...body, spec: body.spec as JsonObject }),
  );
  addRoute(
    app,
    {
      method: 'post',
      path: `${path}/end`,
      summary: 'Take an override back',
      parameters,
      body: endBody,
      result: overridden,
    },
    ({ parameters: { environment }, body, operations }) => operations.endOverride({ environment, ...body }),
  );
}
