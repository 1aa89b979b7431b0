import { z } from '@hono/zod-openapi';
import type { JsonObject } from '../manifest/json.ts';
import { addRoute, type Api } from './route.ts';
import * as schemas from './schemas.ts';

const text = z.string();

const startBody = z.strictObject({
  environment: z.string().min(1).max(63),
  kind: z.enum(['Task', 'TaskSchedule']),
  name: z.string().min(1).max(127),
  input: z.record(z.string(), z.unknown()),
  idempotencyKey: z.string().min(1).max(255).optional(),
});

const schedule = z
  .object({
    schedule: text,
    cron: text,
    timeZone: text,
    suspended: z.boolean(),
    nextAt: text.optional(),
    last: z.object({ tick: text, outcome: text, run: text.optional(), code: text.optional() }).optional(),
    missed: z.int().min(0),
    ended: z.array(z.object({ run: text, state: text, tick: text })),
  })
  .openapi('Schedule');

const webhook = z
  .object({
    webhook: text,
    path: text,
    profile: text,
    suspended: z.boolean(),
    last: z.object({ delivery: text, outcome: text, run: text.optional(), code: text.optional(), at: text }).optional(),
  })
  .openapi('Webhook');

/** Tasks, and what starts them by itself. */
export function addTaskRoutes(app: Api): void {
  const parameters = schemas.environmentParameters;
  addRoute(
    app,
    {
      method: 'post',
      path: '/v1/tasks/start',
      summary: 'Start a task, or a schedule now',
      body: startBody,
      result: schemas.runRecord,
    },
    ({ body: { idempotencyKey, input, ...request }, operations }) =>
      operations.startTask({
        ...request,
        input: input as JsonObject,
        ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      }),
  );
  addRoute(
    app,
    {
      method: 'get',
      path: '/v1/environments/{environment}/schedules',
      summary: 'Schedules: when they come, and what became of them',
      parameters,
      result: z.array(schedule),
    },
    ({ parameters: { environment }, operations }) => operations.schedules(environment),
  );
  addRoute(
    app,
    {
      method: 'get',
      path: '/v1/environments/{environment}/webhooks',
      summary: 'Webhooks: their addresses, and their newest delivery',
      parameters,
      result: z.array(webhook),
    },
    ({ parameters: { environment }, operations }) => operations.webhooks(environment),
  );
}
