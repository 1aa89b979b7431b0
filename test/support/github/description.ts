import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { isRecord } from './router.ts';

export interface Operation {
  readonly method: string;
  /** As GitHub's description names it, below the API's base. */
  readonly path: string;
}

export interface Asked {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: Readonly<Record<string, unknown>>;
}

/** Holds what is asked, answered and sent against the committed slice of GitHub's own description. */
export class Description {
  readonly #ajv: Ajv;
  readonly #api: Slice;
  readonly #webhooks: Slice;
  readonly #validators = new Map<string, ValidateFunction>();

  constructor() {
    // Each schema is used a few times by a process: optimising its code costs more than it saves.
    const code = { optimize: false };
    this.#ajv = new Ajv({
      strict: false,
      allErrors: true,
      inlineRefs: false,
      code,
      validateSchema: false,
      logger: false,
    });
    addFormats.default(this.#ajv);
    this.#api = new Slice('openapi.json');
    this.#webhooks = new Slice('webhooks.json');
    for (const slice of [this.#api, this.#webhooks]) this.#ajv.addSchema(slice.root, slice.name);
  }

  /** What is wrong with a request; nothing where GitHub describes it so. */
  requestProblems({ method, path }: Operation, { params, query, body }: Asked): readonly Problem[] {
    const pointer = ['paths', path, method.toLowerCase()];
    const operation = this.#api.at(pointer);
    if (!isRecord(operation)) return [problem(`GitHub describes no ${method} ${path}`)];
    const parameters = this.#parameters(operation);
    const names = new Set(parameters.filter((one) => one.in === 'query').map(({ name }) => name));
    const unknown = [...query.keys()].filter((name) => !names.has(name));
    return [
      ...unknown.map((name) => problem(`query ${name} is not described`)),
      ...parameters.flatMap((one) => this.#parameterProblems(one, { params, query }).map((text) => problem(text))),
      ...this.#bodyProblems([...pointer, 'requestBody'], body),
    ];
  }

  /** What is wrong with an answer of the double. */
  responseProblems({ method, path }: Operation, status: number, body: unknown): readonly string[] {
    const pointer = ['paths', path, method.toLowerCase(), 'responses', String(status)];
    const { value: response, pointer: found } = this.#api.follow(pointer);
    if (!isRecord(response)) {
      // Which refusals an operation may give is described with gaps; which successes, never.
      return status >= 400 ? [] : [`GitHub describes no ${status} for ${method} ${path}`];
    }
    if (!isRecord(response['content'])) return body === undefined ? [] : ['an answer without a body has one'];
    const schema = [...found, 'content', 'application/json', 'schema'];
    return this.#problems(this.#api, schema, body).map(({ text }) => text);
  }

  /** What is wrong with the payload of an event. */
  webhookProblems(event: string, payload: Readonly<Record<string, unknown>>): readonly string[] {
    const action = typeof payload['action'] === 'string' ? `-${payload['action']}` : '';
    const name = `${event}${action}`.replaceAll('_', '-');
    if (!isRecord(this.#webhooks.at(['webhooks', name]))) return [`GitHub describes no event ${name}`];
    return this.#problems(this.#webhooks, ['webhooks', name], payload).map(({ text }) => text);
  }

  #parameters(operation: Readonly<Record<string, unknown>>): readonly Parameter[] {
    const listed = operation['parameters'];
    if (!Array.isArray(listed)) return [];
    return listed.map((one: unknown) => this.#api.resolved(one)).filter((one) => isParameter(one));
  }

  #parameterProblems(parameter: Parameter, { params, query }: Pick<Asked, 'params' | 'query'>): readonly string[] {
    const { name, required = false } = parameter;
    const text = parameter.in === 'path' ? params[name] : query.get(name);
    if (text === null || text === undefined) return required ? [`${parameter.in} ${name} is missing`] : [];
    const schema = this.#api.resolved(parameter.schema);
    const type = isRecord(schema) ? schema['type'] : undefined;
    const isNumber = (type === 'integer' || type === 'number') && /^-?\d+$/.test(text);
    const value = isNumber ? Number(text) : type === 'boolean' && /^(true|false)$/.test(text) ? text === 'true' : text;
    const validate = this.#ajv.compile(isRecord(schema) ? schema : {});
    return validate(value) ? [] : [`${parameter.in} ${name}: ${this.#ajv.errorsText(validate.errors)}`];
  }

  #bodyProblems(pointer: readonly string[], body: unknown): readonly Problem[] {
    const described = this.#api.at(pointer);
    const isEmpty = isRecord(body) && Object.keys(body).length === 0;
    if (!isRecord(described)) return isEmpty ? [] : [problem('a request without a body has one')];
    if (isEmpty && described['required'] !== true) return [];
    const schema = [...pointer, 'content', 'application/json', 'schema'];
    const known = this.#api.resolved(this.#api.at(schema));
    const names = isRecord(known) && isRecord(known['properties']) ? Object.keys(known['properties']) : undefined;
    const unknown =
      names === undefined || !isRecord(body) ? [] : Object.keys(body).filter((one) => !names.includes(one));
    // GitHub ignores what it does not know, so that a name with a mistake in it would go unseen.
    return [
      ...unknown.map((name) => problem(`body ${name} is not described`)),
      ...this.#problems(this.#api, schema, body),
    ];
  }

  #problems(slice: Slice, pointer: readonly string[], value: unknown): readonly Problem[] {
    const ref = `${slice.name}#/${pointer.map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`;
    let validate = this.#validators.get(ref);
    if (validate === undefined) {
      validate = this.#ajv.compile({ $ref: encodeURI(ref).replaceAll('%23', '#') });
      this.#validators.set(ref, validate);
    }
    // As it goes over the wire: members that are undefined are not there.
    if (validate(value === undefined ? undefined : JSON.parse(JSON.stringify(value)))) return [];
    return (validate.errors ?? [])
      .map(({ instancePath, message, keyword }) => ({
        text: `${instancePath} ${message ?? ''}`,
        isLimit: keyword === 'maxLength' || keyword === 'maxItems',
      }))
      .filter(({ text }) => !knownGaps.some((gap) => gap.test(text)))
      .slice(0, 8);
  }
}

interface Problem {
  readonly text: string;
  /** More than GitHub takes: it says so with a 422. */
  readonly isLimit: boolean;
}

function problem(text: string): Problem {
  return { text, isLimit: false };
}

/** Where GitHub does otherwise than it describes. */
const knownGaps: readonly RegExp[] = [
  // The head's repository is null once it is deleted.
  /^(\/\d+)?(\/pull_request)?\/head\/repo must be object$/,
  // The addresses of bots have brackets in them.
  /\/email must match format "email"$/,
  // What nobody gave is empty, as the description's own defaults say.
  /^(\/\d+)?\/(target|environment|log)_url must match format "uri"$/,
];

function isParameter(value: unknown): value is Parameter {
  return isRecord(value) && typeof value['name'] === 'string' && isRecord(value['schema']);
}

/** A committed part of GitHub's description, as a JSON Schema. */
class Slice {
  readonly name: string;
  readonly root: Record<string, unknown>;

  constructor(name: string) {
    this.name = name;
    const read: unknown = JSON.parse(readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8'));
    const root = withNull(read);
    if (!isRecord(root)) throw new Error(`${name} is no object`);
    this.root = { ...root };
  }

  at(pointer: readonly string[]): unknown {
    let value: unknown = this.root;
    for (const part of pointer) value = isRecord(value) ? value[part] : undefined;
    return value;
  }

  /** The value behind the pointer and behind what it refers to, and where that is. */
  follow(pointer: readonly string[]): { readonly value: unknown; readonly pointer: readonly string[] } {
    const value = this.at(pointer);
    const ref = isRecord(value) ? value['$ref'] : undefined;
    return typeof ref === 'string' ? this.follow(ref.split('/').slice(1)) : { value, pointer };
  }

  resolved(value: unknown): unknown {
    const ref = isRecord(value) ? value['$ref'] : undefined;
    return typeof ref === 'string' ? this.follow(ref.split('/').slice(1)).value : value;
  }
}

/** OpenAPI 3.0 says `nullable` where JSON Schema lists the type `null`. */
function withNull(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withNull);
  if (!isRecord(value)) return value;
  const inner = Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withNull(one)]));
  if (inner['nullable'] !== true) return inner;
  const { nullable: _, ...schema } = inner;
  return { anyOf: [schema, { type: 'null' }] };
}
