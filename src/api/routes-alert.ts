import { z } from '@hono/zod-openapi';
import { addRoute, type Api } from './route.ts';
import { environmentParameters } from './schemas.ts';

const text = z.string().optional();

const alertRecord = z
  .object({
    environment: z.string(),
    key: z.string(),
    state: z.enum(['firing', 'resolved']),
    severity: z.string(),
    title: z.string(),
    text: z.string(),
    since: z.string(),
    resolvedAt: text,
    told: z.array(
      z.object({
        receiver: z.string(),
        phase: z.string(),
        state: z.enum(['delivered', 'waiting', 'cancelled', 'abandoned']),
        attempts: z.int(),
        error: text,
      }),
    ),
  })
  .openapi('AlertRecord');

const receiverTest = z
  .object({ environment: z.string(), receiver: z.string(), isDelivered: z.boolean(), answer: z.string() })
  .openapi('ReceiverTest');

const probeRecord = z
  .object({
    subject: z.enum(['endpoint', 'model', 'secret']),
    name: z.string(),
    state: z.enum(['ok', 'failing', 'unknown']),
    reason: z.string(),
    detail: z.string(),
    since: z.string(),
    at: z.string(),
    worker: z.string(),
  })
  .openapi('ProbeRecord');

/** Alerts, who hears of them, and what workers find outside. */
export function addAlertRoutes(app: Api): void {
  const parameters = environmentParameters;
  const path = '/v1/environments/{environment}/alerts';
  addRoute(
    app,
    { method: 'get', path, summary: 'What is wrong, and what was', parameters, result: z.array(alertRecord) },
    ({ parameters: { environment }, operations }) => operations.alerts(environment),
  );
  addRoute(
    app,
    {
      method: 'post',
      path: `${path}/test`,
      summary: 'Send a receiver a message that says that it is a test',
      parameters,
      body: z.strictObject({ receiver: z.string().min(1).max(256) }),
      result: receiverTest,
    },
    ({ parameters: { environment }, body, operations }) => operations.testReceiver({ environment, ...body }),
  );
  addRoute(
    app,
    {
      method: 'get',
      path: '/v1/environments/{environment}/probes',
      summary: 'What workers found of endpoints, models and secrets',
      parameters,
      result: z.array(probeRecord),
    },
    ({ parameters: { environment }, operations }) => operations.probes(environment),
  );
}
