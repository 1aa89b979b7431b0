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
    subject: z.enum(['endpoint', 'model', 'secret', 'server']),
    name: z.string(),
    state: z.enum(['ok', 'failing', 'unknown']),
    reason: z.string(),
    detail: z.string(),
    since: z.string(),
    at: z.string(),
    worker: z.string(),
  })
  .openapi('ProbeRecord');

const pinRecord = z
  .object({
    server: z.string(),
    standing: z.enum(['asPinned', 'moved', 'unpinned', 'identity']),
    tools: z.array(
      z.object({
        name: z.string(),
        state: z.enum(['same', 'changed', 'added', 'removed', 'unusable']),
        digest: text,
      }),
    ),
    told: z.object({ name: text, version: text }),
    since: z.string(),
    at: z.string(),
  })
  .openapi('PinRecord');

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
      summary: 'What workers found of endpoints, models, secrets and servers',
      parameters,
      result: z.array(probeRecord),
    },
    ({ parameters: { environment }, operations }) => operations.probes(environment),
  );
  addRoute(
    app,
    {
      method: 'get',
      path: '/v1/environments/{environment}/pins',
      summary: 'What MCP servers offered when a worker last asked them, against their pins',
      parameters,
      result: z.array(pinRecord),
    },
    ({ parameters: { environment }, operations }) => operations.pins(environment),
  );
}
