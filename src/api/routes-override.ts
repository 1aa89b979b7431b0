import { z } from '@hono/zod-openapi';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { JsonObject } from '../manifest/json.ts';
import type { Operations } from './operations.ts';
import { addRoute } from './route.ts';
import { environmentParameters } from './schemas.ts';

const actor = z.string().min(1).max(200);
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
  actor,
  acknowledge,
});
const endBody = z.strictObject({ id: z.string().max(64), actor, acknowledge });

/** Changes by hand that are meant. */
export function addOverrideRoutes(app: OpenAPIHono, operations: Operations): void {
  const parameters = environmentParameters;
  const path = '/v1/environments/{environment}/overrides';
  addRoute(
    app,
    { method: 'get', path, summary: 'Overrides in force', parameters, result: z.array(override) },
    ({ parameters: { environment } }) => operations.overrides(environment),
  );
  addRoute(
    app,
    { method: 'post', path, summary: 'Change a live resource at once', parameters, body: setBody, result: overridden },
    ({ parameters: { environment }, body }) =>
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
    ({ parameters: { environment }, body }) => operations.endOverride({ environment, ...body }),
  );
}
