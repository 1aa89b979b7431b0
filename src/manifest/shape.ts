import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Document } from './document.ts';
import { parseDuration } from './duration.ts';
import { isJsonObject, type Json } from './json.ts';
import { problemsMax } from './limits.ts';
import { problemIn } from './position.ts';
import type { Path } from './text.ts';
import type { Problem } from './problem.ts';
import { schemas } from './schemas.gen.ts';
import { shapeFinding } from './shape-finding.ts';

/** Files of `schemas/` that a whole document can be checked against. */
export type SchemaName =
  | 'defaults'
  | 'secret'
  | 'guard'
  | 'gateway'
  | 'model-endpoint'
  | 'memory'
  | 'prompt-library'
  | 'mcp-server'
  | 'tool'
  | 'agent-role'
  | 'tool-permission'
  | 'agent-policy'
  | 'agent'
  | 'agent-system'
  | 'workforce'
  | 'task'
  | 'task-schedule'
  | 'task-webhook'
  | 'worker-pool'
  | 'alert-receiver'
  | 'alert-rule'
  | 'eval'
  | 'pawl'
  | 'lock'
  | 'script';

/**
 * Checks `value` against a schema and fills defaults into it: the caller gives a copy of its own. Everything wrong is
 * reported at once, at the place in the document.
 */
export function checkShape(name: SchemaName, value: Json, document: Document): Problem[] {
  const validate = validator(name);
  return validate(value) ? [] : problemsOf(validate.errors ?? [], document);
}

/**
 * Checks what `value` says, and not that it says enough: a patch adds to what another document says. A `null` takes
 * away, whatever the field's type. Nothing is filled in.
 */
export function checkPartialShape(name: SchemaName, value: Json, document: Document): Problem[] {
  partial ??= ajvOfSchemas({ useDefaults: false });
  const validate = partial.getSchema(`${name}.schema.json`);
  if (validate === undefined) throw new TypeError(`there is no schema ${name}`);
  if (validate(value)) return [];
  const errors = (validate.errors ?? []).filter((error) => !ofTheWhole(error) && !takesAway(error, value));
  return problemsOf(errors, document);
}

/** What only the merged manifest can be asked: whether it has all it needs, and what goes with what. */
function ofTheWhole({ keyword, schemaPath, instancePath }: ErrorObject): boolean {
  if (keyword === 'required') return instancePath !== '/metadata';
  return wholeKeywords.has(keyword) || /\/(?:oneOf|anyOf)\/\d|\/(?:then|else|not|dependentSchemas)\//.test(schemaPath);
}

const wholeKeywords: ReadonlySet<string> = new Set([
  'minProperties',
  'dependentRequired',
  'oneOf',
  'anyOf',
  'not',
  'if',
]);

/** In a list `null` is an entry like any other. */
function takesAway(error: ErrorObject, value: Json): boolean {
  if (error.data !== null) return false;
  let at: unknown = value;
  for (const part of pathOf(error)) {
    if (!isJsonObject(at)) return false;
    at = at[part];
  }
  return at === null;
}

function problemsOf(errors: readonly ErrorObject[], document: Document): Problem[] {
  const problems: Problem[] = [];
  const seen = new Set<string>();
  for (const error of errors) {
    const found = shapeFinding(error, { path: pathOf(error) });
    if (found === undefined || problems.length >= problemsMax) continue;
    const key = `${found.path.join('\0')}\0${found.code}\0${found.message}`;
    if (seen.has(key)) continue;
    seen.add(key);
    problems.push(problemIn(document, found.path, found));
  }
  return problems;
}

const ajv = ajvOfSchemas({ useDefaults: true });
/** Made when the first patch is seen: most repositories have none. */
let partial: Ajv2020 | undefined;
const validators = new Map<SchemaName, ValidateFunction>();

/** Compiled when first asked for: a command that reads one kind does not pay for ten. */
function validator(name: SchemaName): ValidateFunction {
  let validate = validators.get(name);
  if (validate === undefined) {
    validate = ajv.getSchema(`${name}.schema.json`);
    if (validate === undefined) throw new TypeError(`there is no schema ${name}`);
    validators.set(name, validate);
  }
  return validate;
}

function ajvOfSchemas({ useDefaults }: { readonly useDefaults: boolean }): Ajv2020 {
  const instance = new Ajv2020({
    allErrors: true,
    verbose: true,
    useDefaults,
    strict: true,
    strictTypes: false,
    strictRequired: false,
    // Our own schemas are checked by a test; here it would cost more than checking the manifests.
    validateSchema: false,
    // Optimising the generated code takes as long as generating it, and a command checks too few manifests to earn it.
    code: { optimize: false },
    logger: false,
  });
  for (const annotation of ['x-propagation', 'x-sensitive', 'x-resolved', 'x-reads']) instance.addKeyword(annotation);
  instance.addFormat('pawl-duration', {
    type: 'string',
    validate: (text: string) => parseDuration(text) !== undefined,
  });
  // Ajv compares every pair: seconds for a list that fills a file. All such lists of ours hold strings.
  instance.removeKeyword('uniqueItems');
  instance.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    validate: (unique: boolean, list: unknown[]) => !unique || new Set(list).size === list.length,
  });
  for (const [file, schema] of Object.entries(schemas)) instance.addSchema(schema, file);
  return instance;
}

function pathOf(error: ErrorObject): Path {
  if (error.instancePath === '') return [];
  return error.instancePath
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}
