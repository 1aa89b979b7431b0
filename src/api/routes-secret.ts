import { z } from '@hono/zod-openapi';
import { addRoute, type Api } from './route.ts';
import * as schemas from './schemas.ts';

const whole = z.int().min(0);
const named = { secret: z.string().min(1).max(127), key: z.string().regex(/^[A-Za-z0-9_.-]{1,253}$/) };

const record = z
  .object({
    environment: z.string(),
    ...named,
    version: whole.optional(),
    versions: whole,
    kek: z.string().optional(),
    setAt: z.string().optional(),
    setBy: z.string().optional(),
    named: z.boolean(),
  })
  .openapi('StoredSecret');

const set = z.object({
  environment: z.string(),
  ...named,
  version: whole,
  kek: z.string(),
  madeKeyFile: z.string().optional(),
});

/** Values of Secrets with `source: stored`. They go in and never come out. */
export function addSecretRoutes(app: Api): void {
  const parameters = schemas.environmentParameters;
  const path = '/v1/environments/{environment}/secrets';
  addRoute(
    app,
    { method: 'get', path, summary: 'Which values are stored', parameters, result: z.array(record) },
    ({ parameters: { environment }, operations }) => operations.storedSecrets(environment),
  );
  const setBody = z.strictObject({ ...named, value: z.string().min(1).max(65_536) });
  addRoute(
    app,
    { method: 'post', path, summary: 'Store a value', parameters, body: setBody, result: set },
    ({ parameters: { environment }, body, operations }) => operations.setSecret({ environment, ...body }),
  );
  const removeBody = z.strictObject({ ...named, version: z.int().min(1).optional() });
  const removed = z.object({ removed: whole });
  addRoute(
    app,
    {
      method: 'post',
      path: `${path}/remove`,
      summary: 'Remove stored values',
      parameters,
      body: removeBody,
      result: removed,
    },
    ({ parameters: { environment }, body: { version, ...body }, operations }) =>
      operations.removeSecret({ environment, ...body, ...(version === undefined ? {} : { version }) }),
  );
  const rotated = z.object({ rewrapped: whole, kek: z.string() });
  addRoute(
    app,
    {
      method: 'post',
      path: `${path}/rotate`,
      summary: 'Encrypt the keys of stored values anew',
      parameters,
      body: z.strictObject({}),
      result: rotated,
    },
    ({ parameters: { environment }, operations }) => operations.rotateSecrets(environment),
  );
}
