import { z } from '@hono/zod-openapi';
import { addRoute, type Api } from './route.ts';

const name = z.string().min(1).max(100);
const namespaces = z.array(z.string().min(1).max(63)).min(1).max(100);
const role = z.enum(['reader', 'author', 'operator', 'approver', 'admin']);
const bindings = z.array(z.object({ role, namespaces: z.array(z.string()).optional() }));
const groups = z.array(z.string().min(1).max(63)).max(100);
const yearMs = 366 * 86_400_000;

const createBody = z.strictObject({
  name,
  role,
  namespaces: namespaces.optional(),
  groups,
  lifeMs: z.int().min(60_000).max(yearMs),
});

const token = z.object({
  id: z.string(),
  name: z.string(),
  roles: bindings,
  groups: z.array(z.string()),
  createdBy: z.string(),
  createdAt: z.string(),
  expiresAt: z.string(),
  usedAt: z.string().optional(),
  revokedAt: z.string().optional(),
});

const whoami = z
  .object({
    name: z.string(),
    proof: z.enum(['local', 'token', 'oidc', 'github']),
    groups: z.array(z.string()),
    roles: bindings,
    environments: z.array(z.object({ environment: z.string(), roles: bindings, groups: z.array(z.string()) })),
  })
  .openapi('Whoami');

/** Who somebody is at this door, and the tokens that let people in. */
export function addTokenRoutes(app: Api): void {
  addRoute(
    app,
    { method: 'get', path: '/v1/whoami', summary: 'Who asks, and what they may do', result: whoami },
    ({ operations }) => operations.whoami(),
  );
  addRoute(
    app,
    { method: 'get', path: '/v1/tokens', summary: 'Tokens, without their secrets', result: z.array(token) },
    ({ operations }) => operations.tokens(),
  );
  addRoute(
    app,
    {
      method: 'post',
      path: '/v1/tokens',
      summary: 'Make a token; the answer alone has it',
      body: createBody,
      result: token.extend({ token: z.string() }).openapi('CreatedToken'),
    },
    ({ body: { namespaces: within, ...body }, operations }) =>
      operations.createToken({ ...body, ...(within === undefined ? {} : { namespaces: within }) }),
  );
  addRoute(
    app,
    {
      method: 'post',
      path: '/v1/tokens/{id}/revoke',
      summary: 'End a token at once',
      parameters: z.object({ id: z.string().regex(/^[0-9a-f]{12}$/) }),
      body: z.strictObject({}),
      result: token,
    },
    ({ parameters: { id }, operations }) => operations.revokeToken(id),
  );
}
