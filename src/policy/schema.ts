import { createRequire } from 'node:module';
import type { FormatsPlugin } from 'ajv-formats';
import { Ajv, type Options } from 'ajv';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { RE2JS } from 're2js';
import { canonicalText } from '../manifest/digest.ts';
import type { Json, JsonObject } from '../manifest/json.ts';

/** Where a value does not fit, and which rule says so. */
export interface Mistake {
  readonly pointer: string;
  readonly message: string;
}

/** What a schema says of a value: nothing, where it does not fit, or that the schema itself failed. */
export type SchemaVerdict =
  | { readonly kind: 'valid' }
  | ({ readonly kind: 'invalid'; readonly others?: readonly Mistake[] } & Mistake)
  | { readonly kind: 'error'; readonly message: string };

export type SchemaCheck = (value: unknown) => SchemaVerdict;

/** Compiles JSON Schemas; one per bundle, so that what it caches goes with the bundle. */
export interface SchemaCompiler {
  /** Never throws: a schema that does not compile gives a check that always says `error`. */
  readonly compile: (schema: JsonObject) => SchemaCheck;
  /**
   * The same of a schema that a server wrote, and people looked at: keywords and formats that pawl does not know are
   * annotations there, as the standard says. Of an author's own they are typing errors.
   */
  readonly compileForeign: (schema: JsonObject) => SchemaCheck;
}

const valid: SchemaVerdict = Object.freeze({ kind: 'valid' });

/**
 * References that branch double the work at each level, of the schema or of the value: thirty levels would hold the
 * whole worker, and its lease with it. This is about a second, and more than any result of a megabyte needs.
 */
const evaluationsMax = 500_000;

/** Nobody reads more of them at once. */
const mistakesMax = 50;

/** Counted down by every function that ajv compiles. */
interface Evaluations {
  left: number;
}

export interface SchemaCompilerOptions {
  /** Looks on after the first mistake: for whoever wrote the value and can mend it. */
  readonly allErrors?: boolean;
}

/** Schemas of MCP servers say that they are of draft 7, where `items` and `$ref` mean something else; all others are of 2020-12. */
const draft7 = /^https?:\/\/json-schema\.org\/draft-07\/schema#?$/;

export function schemaCompiler(options: SchemaCompilerOptions = {}): SchemaCompiler {
  const evaluations: Evaluations = { left: evaluationsMax };
  const own = new Drafts({ ...options, strictSchema: true }, evaluations);
  const foreign = new Drafts({ ...options, strictSchema: false }, evaluations);
  return {
    compile: (schema) => checkOf(schema, own.of(schema), evaluations),
    compileForeign: (schema) => checkOf(schema, foreign.of(schema), evaluations),
  };
}

/** An engine for each draft, made when a schema of it comes. */
class Drafts {
  readonly #options: EngineOptions;
  readonly #evaluations: Evaluations;
  #newest: Ajv2020 | undefined;
  #older: Ajv | undefined;

  constructor(options: EngineOptions, evaluations: Evaluations) {
    this.#options = options;
    this.#evaluations = evaluations;
  }

  of({ $schema }: JsonObject): Ajv | Ajv2020 {
    if (typeof $schema === 'string' && draft7.test($schema))
      return (this.#older ??= ajvOf(Ajv, this.#options, this.#evaluations));
    return (this.#newest ??= ajvOf(Ajv2020, this.#options, this.#evaluations));
  }
}

interface EngineOptions extends SchemaCompilerOptions {
  readonly strictSchema: boolean;
}

function ajvOf<T extends Ajv | Ajv2020>(
  Draft: new (options: Options) => T,
  { allErrors = false, strictSchema }: EngineOptions,
  evaluations: Evaluations,
): T {
  const ajv = new Draft({
    strict: true,
    strictSchema,
    strictTypes: false,
    strictTuples: false,
    strictRequired: false,
    // Coercion or defaults would call a tool with something else than what was decided and journalled.
    coerceTypes: false,
    useDefaults: false,
    removeAdditional: false,
    // Two tools may carry the same `$id`; neither may be reached from the other.
    addUsedSchema: false,
    // `assertSchema` does it, by engines that are there.
    validateSchema: false,
    allErrors,
    logger: false,
    code: { regExp: Object.assign(re2, { code: 're2' }), process: counting },
  });
  Object.assign(ajv, { evaluations });
  addFormats(ajv, { mode: 'fast' });
  // ajv's own compares each item with every other: a tool's answer of 100,000 items would hold the worker for minutes.
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    error: { message: 'must NOT have duplicate items' },
    validate: (isUnique: boolean, items: readonly Json[]) =>
      !isUnique || new Set(items.map(canonicalText)).size === items.length,
  });
  for (const annotation of ['x-propagation', 'x-sensitive', 'example']) ajv.addKeyword(annotation);
  return ajv;
}

function checkOf(schema: JsonObject, ajv: Ajv | Ajv2020, evaluations: Evaluations): SchemaCheck {
  let validate: ValidateFunction;
  evaluations.left = evaluationsMax;
  try {
    assertSchema(schema);
    // Without an id of its own ajv does not find the root that `$ref: '#'` leads to.
    validate = ajv.compile({ $id: 'urn:pawl:schema', ...schema });
  } catch (cause) {
    const message = `The schema does not compile: ${cause instanceof Error ? cause.message : 'unknown error'}.`;
    return () => ({ kind: 'error', message });
  }
  return (value) => {
    evaluations.left = evaluationsMax;
    try {
      // Only `true` passes: a schema with `$async` would answer with a promise, which is truthy.
      const answer: unknown = validate(value);
      if (answer === true) return valid;
      if (answer !== false) return { kind: 'error', message: 'The schema did not answer with yes or no.' };
      return invalid(validate.errors ?? []);
    } catch {
      return { kind: 'error', message: 'The schema failed while it checked the value.' };
    }
  };
}

/** A compiled meta-schema costs some fifteen milliseconds, more than all that is done for a run until it starts. */
const metaEvaluations: Evaluations = { left: evaluationsMax };
const meta = new Drafts({ strictSchema: true }, metaEvaluations);
const knownDrafts = new RegExp(`${draft7.source}|^https://json-schema\\.org/draft/2020-12/schema#?$`);

/** Throws unless it is a schema of the draft that it names. What names another way in leaves nothing in what all share. */
function assertSchema(schema: JsonObject): void {
  const { $schema } = schema;
  const isKnown = $schema === undefined || (typeof $schema === 'string' && knownDrafts.test($schema));
  const evaluations = isKnown ? metaEvaluations : { left: evaluationsMax };
  evaluations.left = evaluationsMax;
  const drafts = isKnown ? meta : new Drafts({ strictSchema: true }, evaluations);
  const answer = drafts.of(schema).validateSchema(schema, true);
  if (answer !== true) throw new TypeError('its draft does not answer with yes or no');
}

const compiledFunction = /return (?:async )?function\*? \w+\(data, \{[^{}]*(?:\{\})?\}=\{\}\)\{/;

/** `self` is the compiler, in what ajv writes. Code of another form would run uncounted: then nothing compiles. */
function counting(code: string): string {
  const counted = code.replace(
    compiledFunction,
    (head) => `${head}if(--self.evaluations.left<0)throw new RangeError();`,
  );
  if (counted === code) throw new TypeError('the code of a schema has another form than is known');
  return counted;
}

/** Where and which rule, never the value: ajv's messages name what the schema says, not what it met. */
function invalid(errors: readonly ErrorObject[]): SchemaVerdict {
  const [first, ...others] = errors.slice(0, mistakesMax).map(mistake);
  return { kind: 'invalid', ...(first ?? mistake(undefined)), ...(others.length === 0 ? {} : { others }) };
}

function mistake(error: ErrorObject | undefined): Mistake {
  return { pointer: error?.instancePath ?? '', message: error?.message ?? 'does not fit the schema' };
}

/**
 * Patterns run on RE2, which is linear. ajv caches by `toString()` of what this returns: RE2JS answers with the
 * pattern; a bare `{test}` would answer `[object Object]`, and every pattern would become the first one.
 */
function re2(pattern: string): RE2JS {
  return RE2JS.compile(pattern);
}

// ajv-formats is CommonJS whose default export nodenext types as the module; required, it is the plugin itself.
const addFormats: FormatsPlugin = createRequire(import.meta.url)('ajv-formats');
