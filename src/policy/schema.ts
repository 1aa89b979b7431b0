import { createRequire } from 'node:module';
import type { FormatsPlugin } from 'ajv-formats';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { RE2JS } from 're2js';
import type { JsonObject } from '../manifest/json.ts';

/** What a schema says of a value: nothing, where it does not fit, or that the schema itself failed. */
export type SchemaVerdict =
  | { readonly kind: 'valid' }
  | { readonly kind: 'invalid'; readonly pointer: string; readonly message: string }
  | { readonly kind: 'error'; readonly message: string };

export type SchemaCheck = (value: unknown) => SchemaVerdict;

/** Compiles JSON Schemas 2020-12; one per bundle, so that what it caches goes with the bundle. */
export interface SchemaCompiler {
  /** Never throws: a schema that does not compile gives a check that always says `error`. */
  readonly compile: (schema: JsonObject) => SchemaCheck;
}

const valid: SchemaVerdict = Object.freeze({ kind: 'valid' });

export function schemaCompiler(): SchemaCompiler {
  const ajv = new Ajv2020({
    strict: true,
    strictTypes: false,
    strictTuples: false,
    strictRequired: false,
    // Coercion or defaults would call a tool with something else than what was decided and journalled.
    coerceTypes: false,
    useDefaults: false,
    removeAdditional: false,
    // Two tools may carry the same `$id`; neither may be reached from the other.
    addUsedSchema: false,
    allErrors: false,
    logger: false,
    code: { regExp: Object.assign(re2, { code: 're2' }) },
  });
  addFormats(ajv, { mode: 'fast' });
  for (const annotation of ['x-propagation', 'x-sensitive', 'example']) ajv.addKeyword(annotation);
  return { compile: (schema) => checkOf(ajv, schema) };
}

function checkOf(ajv: Ajv2020, schema: JsonObject): SchemaCheck {
  let validate: ValidateFunction;
  try {
    validate = ajv.compile(schema);
  } catch (cause) {
    const message = `The schema does not compile: ${cause instanceof Error ? cause.message : 'unknown error'}.`;
    return () => ({ kind: 'error', message });
  }
  return (value) => {
    try {
      // Only `true` passes: a schema with `$async` would answer with a promise, which is truthy.
      const answer: unknown = validate(value);
      if (answer === true) return valid;
      if (answer !== false) return { kind: 'error', message: 'The schema did not answer with yes or no.' };
      return invalid(validate.errors?.[0]);
    } catch {
      return { kind: 'error', message: 'The schema failed while it checked the value.' };
    }
  };
}

/** Where and which rule, never the value: ajv's messages name what the schema says, not what it met. */
function invalid(error: ErrorObject | undefined): SchemaVerdict {
  const pointer = error?.instancePath ?? '';
  return { kind: 'invalid', pointer, message: error?.message ?? 'does not fit the schema' };
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
