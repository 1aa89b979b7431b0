import type { Repository } from './state.ts';
import type { Viewer, World } from './world.ts';

export type Body = Readonly<Record<string, unknown>>;

export interface Call {
  readonly world: World;
  readonly viewer: Viewer;
  /** The login that acts: a user's or the App's bot's; empty for nobody. */
  readonly login: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Body;
}

/** A call below `/repos/{owner}/{repo}`, by somebody who may see that repository. */
export interface RepositoryCall extends Call {
  readonly repository: Repository;
  /** What a read sees of it, which may be old. */
  readonly seen: Repository;
}

export type Answer =
  | { readonly status: number; readonly body?: unknown }
  /** Paged by the server; `within` is the member that holds the page beside `total_count`. */
  | { readonly list: readonly unknown[]; readonly within?: string; readonly beside?: Body };

/** GitHub's refusal. */
export class Refusal extends Error {
  readonly status: number;
  readonly errors: readonly unknown[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    message: string,
    more: { readonly errors?: readonly unknown[]; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.status = status;
    this.errors = more.errors;
    this.headers = more.headers ?? {};
  }
}

export const notFound = (): Refusal => new Refusal(404, 'Not Found');

export function invalid(resource: string, field: string, message: string): Refusal {
  return new Refusal(422, 'Validation Failed', { errors: [{ resource, code: 'custom', field, message }] });
}

/** What the caller must be: the App's permission, and a person's role. */
export interface Needs {
  /** As in `checks:write`. */
  readonly app: string;
  /** Absent: a token of a person may not at all. */
  readonly role?: 'read' | 'triage' | 'write' | 'admin';
}

export interface Route {
  readonly method: string;
  /** As GitHub's description names it. */
  readonly path: string;
  readonly needs: Needs | undefined;
  readonly answer: (call: Call) => Promise<Answer> | Answer;
}

export type Handler = (call: RepositoryCall) => Promise<Answer> | Answer;

export interface FoundRoute {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** Finds the first route that matches; a parameter is one segment, but `{ref}`, `{path}` and `{branch}` may be many. */
export class Router {
  readonly #routes: readonly { readonly route: Route; readonly pattern: RegExp }[];

  constructor(routes: readonly Route[]) {
    this.#routes = routes.map((route) => ({ route, pattern: patternOf(route.path) }));
  }

  find(method: string, path: string): FoundRoute | undefined {
    for (const { route, pattern } of this.#routes) {
      const match = route.method === method ? pattern.exec(path) : null;
      if (match === null) continue;
      const named = Object.entries(match.groups ?? {});
      return { route, params: Object.fromEntries(named.map(([name, text]) => [name, decodeURIComponent(text)])) };
    }
    return undefined;
  }
}

function patternOf(path: string): RegExp {
  const source = path.replaceAll(/[.*+?^$()|[\]\\]/g, String.raw`\$&`).replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    return ['ref', 'path', 'branch', 'basehead'].includes(name) ? `(?<${name}>.+)` : `(?<${name}>[^/]+)`;
  });
  return new RegExp(`^${source}$`);
}

export function textIn(body: Body, name: string): string | undefined {
  const value = body[name];
  return typeof value === 'string' ? value : undefined;
}

export function numberIn(params: Readonly<Record<string, string>>, name: string): number {
  const number = Number(params[name]);
  if (!Number.isSafeInteger(number)) throw notFound();
  return number;
}

export function recordIn(body: Body, name: string): Body | undefined {
  const value = body[name];
  return isRecord(value) ? value : undefined;
}

export function listIn(body: Body, name: string): readonly Body[] {
  const value = body[name];
  return Array.isArray(value) ? value.filter((one: unknown) => isRecord(one)) : [];
}

export function textsIn(body: Body, name: string): readonly string[] | undefined {
  const value = body[name];
  return Array.isArray(value) ? value.filter((one: unknown) => typeof one === 'string') : undefined;
}

export function isRecord(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
