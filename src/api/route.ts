import type { OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { exitCodes, TerminalError } from '../errors.ts';
import { own } from '../manifest/json.ts';
import type { Person } from '../policy/person.ts';
import type { Reach } from '../policy/role.ts';
import { parseStrictJson } from '../policy/strict-json.ts';
import { type AccessRules, authorised } from './authorise.ts';
import type { Operations } from './operations.ts';
import { permissions } from './permissions.ts';
import { problemMediaType } from './problem-json.ts';
import { problemJson } from './schemas.ts';

/** The router, with what is known of every request under `/v1` before a route answers it. */
export type Api = OpenAPIHono<{
  Variables: { readonly person: Person; readonly operations: Operations; readonly rules: AccessRules };
}>;

export interface RouteDefinition<
  Path extends z.ZodObject,
  Query extends z.ZodObject,
  Body extends z.ZodType,
  Result extends z.ZodType,
> {
  readonly method: 'get' | 'post';
  /** With `{name}` for parameters. */
  readonly path: string;
  readonly summary: string;
  readonly parameters?: Path;
  readonly query?: Query;
  readonly body?: Body;
  readonly result: Result;
}

export interface RouteInput<Path, Query, Body> {
  readonly parameters: Path;
  readonly query: Query;
  readonly body: Body;
  /** Of the person who asks. */
  readonly operations: Operations;
  /** The namespaces that they may do it in. */
  readonly reach: Reach;
}

/** What a query that gives a list is told of a reach. */
export function namespacesOf(reach: Reach): { readonly namespaces?: readonly string[] } {
  return reach === 'everywhere' ? {} : { namespaces: [...reach] };
}

/** Adds one operation: to the document, and to the router with its input checked and its asker's permission first. */
export function addRoute<
  Path extends z.ZodObject,
  Query extends z.ZodObject,
  Body extends z.ZodType,
  Result extends z.ZodType,
>(
  app: Api,
  definition: RouteDefinition<Path, Query, Body, Result>,
  answer: (input: RouteInput<z.infer<Path>, z.infer<Query>, z.infer<Body>>) => Promise<unknown>,
): void {
  describe(app, definition);
  const { method, path } = definition;
  const route = `${method.toUpperCase()} ${path}`;
  const need = own(permissions, route);
  if (need === undefined) throw new TypeError(`${route} has no row in api/permissions.ts: nobody may ask it`);
  app.on(method, path.replaceAll(/\{(\w+)\}/g, ':$1'), async (context) => {
    const checked = {
      parameters: check(definition.parameters, context.req.param(), 'path'),
      query: check(closed(definition.query), queryOf(context), 'query'),
      body:
        definition.body === undefined
          ? (undefined as z.infer<Body>)
          : check(definition.body, await bodyOf(context), 'body'),
    };
    const { person, operations, rules } = context.var;
    const body = (checked.body ?? {}) as Readonly<Record<string, unknown>>;
    const asked = { parameters: checked.parameters, query: checked.query, body, operations };
    const result = await authorised({ person, need, asked, rules }, (reach) =>
      answer({ ...checked, operations, reach }),
    );
    return context.body(JSON.stringify(result), 200, { 'content-type': 'application/json' });
  });
}

function describe<
  Path extends z.ZodObject,
  Query extends z.ZodObject,
  Body extends z.ZodType,
  Result extends z.ZodType,
>(app: Api, definition: RouteDefinition<Path, Query, Body, Result>): void {
  const { method, path, summary, parameters, query, body, result } = definition;
  app.openAPIRegistry.registerPath({
    method,
    path,
    summary,
    security: [{ token: [] }],
    request: {
      ...(parameters === undefined ? {} : { params: parameters }),
      ...(query === undefined ? {} : { query }),
      ...(body === undefined ? {} : { body: { required: true, content: { 'application/json': { schema: body } } } }),
    },
    responses: {
      200: { description: 'The result.', content: { 'application/json': { schema: result } } },
      default: { description: 'A problem.', content: { [problemMediaType]: { schema: problemJson } } },
    },
  });
}

function check<Schema extends z.ZodType>(schema: Schema | undefined, value: unknown, where: string): z.infer<Schema> {
  if (schema === undefined) return {} as z.infer<Schema>;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? where : `${where} ${issue.path.join('.')}`;
  throw invalidRequest(`The ${place} does not fit: ${issue?.message ?? 'it is malformed'}.`);
}

/** A parameter that the route does not know is refused, as a field of a body is. */
function closed<Query extends z.ZodObject>(query: Query | undefined): Query | undefined {
  return query?.strict() as Query | undefined;
}

const bodyBounds = { bytes: 1024 * 1024, depth: 64, values: 200_000 };

/** Strictly: of a key that stands twice, one reader takes the first and another the last. */
async function bodyOf(context: Context): Promise<unknown> {
  const text = textOf(await context.req.arrayBuffer());
  const parsed = text === undefined ? undefined : parseStrictJson(text, bodyBounds);
  if (parsed === undefined) throw invalidRequest('The body is not UTF-8.');
  if (parsed.kind === 'parsed') return parsed.value;
  const why = parsed.kind === 'malformed' ? 'The body is not JSON' : 'The body is more than the API reads';
  throw invalidRequest(`${why}: ${parsed.message}`);
}

function textOf(bytes: ArrayBuffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Each parameter once. */
function queryOf(context: Context): Readonly<Record<string, string | undefined>> {
  const given = Object.entries(context.req.queries());
  const twice = given.find(([, values]) => values.length > 1);
  if (twice !== undefined) throw invalidRequest(`The query says ${JSON.stringify(twice[0].slice(0, 64))} twice.`);
  return Object.fromEntries(given.map(([name, [value]]) => [name, value]));
}

function invalidRequest(message: string): TerminalError {
  return new TerminalError(message, {
    code: 'api.invalid_request',
    help: 'Compare the request with /openapi.json.',
    exit: exitCodes.usage,
  });
}
