import { z } from '@hono/zod-openapi';
import { addRoute, type Api } from './route.ts';
import { condition, environmentParameters, suspension } from './schemas.ts';

const whole = z.int().min(0);

const sync = z
  .object({
    environment: z.string(),
    repository: z.string().optional(),
    wanted: whole,
    handled: whole,
    handledAt: z.string().optional(),
    suspension: suspension.optional(),
    conditions: z.array(condition),
  })
  .openapi('Sync');

const weekMs = 7 * 24 * 3_600_000;
const suspendBody = z.strictObject({
  reason: z.string().min(1).max(1_000),
  forMs: z.int().min(1_000).max(weekMs).optional(),
});
const nothing = z.strictObject({});

/** How far the control loop is, and whether it may go on. */
export function addSyncRoutes(app: Api): void {
  const parameters = environmentParameters;
  const path = '/v1/environments/{environment}/sync';
  addRoute(
    app,
    { method: 'get', path, summary: 'How far controllers are', parameters, result: sync },
    ({ parameters: { environment }, operations }) => operations.syncState(environment),
  );
  addRoute(
    app,
    { method: 'post', path, summary: 'Have controllers look now', parameters, body: nothing, result: sync },
    ({ parameters: { environment }, operations }) => operations.requestSync(environment),
  );
  addRoute(
    app,
    { method: 'post', path: `${path}/suspend`, summary: 'Suspend sync', parameters, body: suspendBody, result: sync },
    ({ parameters: { environment }, body: { reason, forMs }, operations }) =>
      operations.suspendSync({ environment, reason, ...(forMs === undefined ? {} : { forMs }) }),
  );
  addRoute(
    app,
    { method: 'post', path: `${path}/resume`, summary: 'Resume sync', parameters, body: nothing, result: sync },
    ({ parameters: { environment }, operations }) => operations.resumeSync(environment),
  );
  addRoute(
    app,
    {
      method: 'post',
      path: `${path}/claim`,
      summary: 'Take an environment over from another repository',
      parameters,
      body: nothing,
      result: sync,
    },
    ({ parameters: { environment }, operations }) => operations.claimSync(environment),
  );
}
