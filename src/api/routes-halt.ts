import { z } from '@hono/zod-openapi';
import { addRoute, type Api } from './route.ts';
import * as schemas from './schemas.ts';
import { haltRecord, haltScope } from './schemas-halt.ts';

const reason = z.string().min(1).max(1_000);

const dayMs = 86_400_000;

const order = z.strictObject({
  scope: haltScope,
  reason,
  forMs: z
    .int()
    .min(1_000)
    .max(365 * dayMs)
    .optional(),
  aborts: z.boolean().optional(),
  denies: z.boolean().optional(),
  force: z.boolean().optional(),
});

/** Switches that stop calls. */
export function addHaltRoutes(app: Api): void {
  const parameters = schemas.environmentParameters;
  const path = '/v1/environments/{environment}/halts';
  addRoute(
    app,
    {
      method: 'get',
      path,
      summary: 'The halts in force, or all that ever were',
      parameters,
      query: z.object({ all: z.enum(['true', 'false']).default('false') }),
      result: z.array(haltRecord),
    },
    ({ parameters: { environment }, query: { all }, operations }) =>
      operations.halts({ environment, all: all === 'true' }),
  );
  addRoute(
    app,
    { method: 'post', path, summary: 'Stop calls', parameters, body: order, result: haltRecord },
    ({ parameters: { environment }, body, operations }) => operations.halt(given({ environment, ...body })),
  );
  addRoute(
    app,
    {
      method: 'post',
      path: `${path}/resume`,
      summary: 'Lift halts',
      parameters,
      body: z.strictObject({ which: haltScope, reason }),
      result: z.array(haltRecord),
    },
    ({ parameters: { environment }, body, operations }) => operations.resume({ environment, ...body }),
  );
}

type Given<T> = { [Name in keyof T]: Exclude<T[Name], undefined> };

/** Without the members that the body left out. */
function given<T extends object>(members: T): Given<T> {
  // Removing what is undefined is what makes it of the type.
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Given<T>;
}
