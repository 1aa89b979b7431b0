import type { OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { exitCodes, TerminalError } from '../errors.ts';
import type { Operations } from './operations.ts';
import { problemMediaType } from './problem-json.ts';
import { problemJson } from './schemas.ts';

/** The router, with what is known of every request under `/v1` before a route answers it. */
export type Api = OpenAPIHono<{ Variables: { operations: Operations } }>;

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
}

/** Adds one operation: to the document, and to the router with every part of its input checked first. */
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
  app.on(definition.method, definition.path.replaceAll(/\{(\w+)\}/g, ':$1'), async (context) => {
    const result = await answer({
      parameters: check(definition.parameters, context.req.param(), 'path'),
      query: check(definition.query, context.req.query(), 'query'),
      body:
        definition.body === undefined
          ? (undefined as z.infer<Body>)
          : check(definition.body, await bodyOf(context), 'body'),
      operations: context.get('operations'),
    });
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

async function bodyOf(context: Context): Promise<unknown> {
  const body = await context.req.text();
  try {
    return JSON.parse(body);
  } catch {
    throw invalidRequest('The body is not JSON.');
  }
}

function invalidRequest(message: string): TerminalError {
  return new TerminalError(message, {
    code: 'api.invalid_request',
    help: 'Compare the request with /openapi.json.',
    exit: exitCodes.usage,
  });
}
