import { z } from '@hono/zod-openapi';
import { addRoute, type Api } from './route.ts';
import * as schemas from './schemas.ts';
import { heldBack, tiers } from './schemas-worker.ts';

const number = z.number().min(0);

const redriveBody = z.strictObject({
  system: z.string().min(1).max(127).optional(),
  limit: z.int().min(1).max(1_000),
  dryRun: z.boolean().optional(),
});

const redriven = z
  .object({
    runs: z.array(z.string()),
    refused: z.array(z.object({ run: z.string(), message: z.string() })),
  })
  .openapi('Redriven');

const pool = z
  .object({
    environment: z.string(),
    pool: z.string(),
    queued: number,
    oldestQueuedAge: number,
    activeRuns: number,
    runsPerSecond: number,
    workers: number,
    slots: number,
    minWorkers: number,
    maxWorkers: number,
    desiredWorkers: number,
    isolation: tiers,
    held: heldBack.optional(),
  })
  .openapi('Pool');

/** Starting runs again, and what pools have to do. */
export function addRetryRoutes(app: Api): void {
  addRoute(
    app,
    {
      method: 'post',
      path: '/v1/runs/{id}/retry',
      summary: 'Start a run again',
      parameters: schemas.runParameters,
      body: z.strictObject({ fromStart: z.boolean().optional() }),
      result: schemas.runRecord,
    },
    ({ parameters: { id }, body: { fromStart }, operations }) =>
      operations.retry(id, fromStart === undefined ? {} : { fromStart }),
  );
  addRoute(
    app,
    {
      method: 'post',
      path: '/v1/environments/{environment}/redrive',
      summary: 'Start dead letters again',
      parameters: schemas.environmentParameters,
      body: redriveBody,
      result: redriven,
    },
    ({ parameters: { environment }, body: { system, dryRun, ...body }, operations }) =>
      operations.redrive({
        environment,
        ...body,
        ...(system === undefined ? {} : { system }),
        ...(dryRun === undefined ? {} : { dryRun }),
      }),
  );
  addRoute(
    app,
    {
      method: 'get',
      path: '/v1/environments/{environment}/pools',
      summary: 'What each pool has to do, and how many workers that asks for',
      parameters: schemas.environmentParameters,
      result: z.array(pool),
    },
    ({ parameters: { environment }, operations }) => operations.pools(environment),
  );
}
