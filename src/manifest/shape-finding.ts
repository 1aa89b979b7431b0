import type { ErrorObject } from 'ajv/dist/2020.js';
import { placeOfField } from './field-place.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { didYouMean } from './nearest.ts';
import { shownText } from './shown.ts';
import type { Finding, Path } from './text.ts';

export interface ShapeFinding extends Finding {
  readonly path: Path;
  readonly part: 'key' | 'value';
}

interface At {
  readonly path: Path;
  /** Of the schema. */
  readonly file: string;
  /** What an unknown field was meant to be, where that is known. */
  readonly meant: string | undefined;
}

/** Of an alternative that was tried: what it lacks is no mistake. */
export function isOfBranch({ schemaPath }: ErrorObject): boolean {
  return /\/(?:oneOf|anyOf)\/\d/.test(schemaPath);
}

/** What an error of the schema checker means to an author; undefined where another error already says it. */
export function shapeFinding(error: ErrorObject, at: At): ShapeFinding | undefined {
  const { keyword } = error;
  if (keyword === 'if' || keyword === 'propertyNames' || isOfBranch(error)) return undefined;
  if (error.propertyName !== undefined) return badName(error, at, error.propertyName);
  switch (keyword) {
    case 'additionalProperties':
      return unknownField(at, textOf(error.params['additionalProperty']), fieldsOf(error.parentSchema));
    case 'required':
      return missing(at, textOf(error.params['missingProperty']));
    case 'oneOf':
      // What is no map at all satisfies each of the branches: that it must be one is said already.
      return isJsonObject(error.data) ? oneOf(error, at) : undefined;
    case 'anyOf':
      return anyOf(error, at);
    case 'enum':
      return notInEnum(error, at);
    default:
      return { ...finding(error, at), path: at.path, part: 'value' };
  }
}

function badName(error: ErrorObject, at: At, name: string): ShapeFinding {
  const known = error.keyword === 'enum' && Array.isArray(error.schema) ? error.schema.map(String) : [];
  const near = didYouMean(name, known);
  const message = `\`${shownText(name)}\` in ${where(at.path)} is not a name that is allowed there.`;
  return {
    code: 'manifest.name',
    message,
    path: [...at.path, name],
    part: 'key',
    help: near ?? descriptionOf(error) ?? 'Use letters, digits and hyphens.',
  };
}

function unknownField(at: At, name: string, fields: readonly string[]): ShapeFinding {
  const path = [...at.path, name];
  const help =
    (at.meant === undefined ? didYouMean(name, fields) : `Did you mean \`${at.meant}\`?`) ??
    referenceMeant(name, fields) ??
    placeMeant(at, name) ??
    (fields.length === 0 ? undefined : `Fields here: ${fields.join(', ')}.`);
  return {
    code: 'manifest.unknown_field',
    message: `\`${shownText(name)}\` is no field of ${where(at.path)}.`,
    path,
    part: 'key',
    help,
  };
}

/** `agent` for `agentRef`. */
function referenceMeant(name: string, fields: readonly string[]): string | undefined {
  return fields.includes(`${name}Ref`) ? `Did you mean \`${name}Ref\`?` : undefined;
}

function placeMeant({ file, path }: At, name: string): string | undefined {
  const place = placeOfField(file, name, path);
  return place === undefined ? undefined : `\`${shownText(name)}\` belongs ${place}.`;
}

/** What is right and this build cannot honour: validating it passes, and no plan with it is applied. */
export function unsupported(what: string, part: string): Finding {
  return {
    code: 'manifest.unsupported',
    severity: 'warning',
    message: `${what} is not supported by this build, which lacks ${part}.`,
    help: 'Remove it to apply with this build: what cannot be honoured is refused, not ignored.',
    blocks: 'apply',
    lacks: part,
  };
}

function missing(at: At, name: string): ShapeFinding {
  const path = fieldName([...at.path, name]);
  return {
    code: 'manifest.required',
    message: `\`${path}\` is missing.`,
    // Where a patch took it away, that is the place; else the key of what should hold it.
    path: [...at.path, name],
    part: 'key',
    help: `Add \`${name}\`.`,
  };
}

/** Ours are all of the form "exactly one of these fields". */
function oneOf(error: ErrorObject, at: At): ShapeFinding {
  const passing: unknown = error.params['passingSchemas'];
  const none = !Array.isArray(passing);
  const concerned = branchesOf(error).filter((_branch, index) => none || passing.includes(index));
  const list = listOf(concerned.flatMap(requiredIn));
  const message = none
    ? `${where(at.path)} needs exactly one of ${list}, and has none.`
    : `${where(at.path)} has both ${list}; exactly one is allowed.`;
  return {
    code: 'manifest.exactly_one',
    message,
    path: at.path,
    part: 'key',
    help: none ? 'Add one of them.' : 'Remove one of them.',
  };
}

/** Ours are "at least one of these fields", or a word of a choice beside a text of another form. */
function anyOf(error: ErrorObject, at: At): ShapeFinding {
  const branches = branchesOf(error);
  const words = branches.flatMap((branch) => (Array.isArray(branch['enum']) ? branch['enum'].map(String) : []));
  if (words.length > 0) {
    const near = typeof error.data === 'string' ? didYouMean(error.data, words) : undefined;
    const message = `${where(at.path)} does not have the form it needs.`;
    const help = near ?? descriptionOf(error) ?? `One of: ${words.join(', ')}.`;
    return { code: 'manifest.format', message, path: at.path, part: 'value', help };
  }
  const message = `${where(at.path)} needs at least one of ${listOf(branches.flatMap(requiredIn))}, and has none.`;
  return { code: 'manifest.required', message, path: at.path, part: 'key', help: 'Add one of them.' };
}

/** Fields that one or another of the alternatives needs. */
export function namesOfBranches(error: ErrorObject): readonly string[] {
  return branchesOf(error).flatMap(requiredIn);
}

function branchesOf(error: ErrorObject): readonly JsonObject[] {
  const branches: unknown = error.schema;
  return Array.isArray(branches) ? branches.map((branch: unknown) => (isJsonObject(branch) ? branch : {})) : [];
}

function requiredIn({ required }: JsonObject): readonly string[] {
  return Array.isArray(required) ? required.map(String) : [];
}

/** `` `a`, `b` and `c` ``. */
export function listOf(names: readonly string[]): string {
  const shown = names.map((name) => `\`${shownText(name)}\``);
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1) ?? ''}`;
}

function notInEnum(error: ErrorObject, at: At): ShapeFinding {
  const allowed = Array.isArray(error.schema) ? error.schema.map(String) : [];
  const place = { path: at.path, part: 'value' } as const;
  if (typeof error.data !== 'string')
    return { ...place, code: 'manifest.type', message: `${where(at.path)} must be one of ${allowed.join(', ')}.` };
  const help = didYouMean(error.data, allowed) ?? `One of: ${allowed.join(', ')}.`;
  return {
    ...place,
    code: 'manifest.value',
    message: `\`${shownText(error.data)}\` is no value of ${where(at.path)}.`,
    help,
  };
}

function finding(error: ErrorObject, { path }: At): Finding {
  const field = where(path);
  const help = descriptionOf(error);
  switch (error.keyword) {
    case 'type':
      return { code: 'manifest.type', message: `${field} must be ${typeName(error.params['type'])}.`, help };
    case 'const':
      return { code: 'manifest.value', message: `${field} must be ${JSON.stringify(error.schema)}.`, help };
    case 'pattern':
      return {
        code: path.at(-1) === 'name' || path.at(-1) === 'namespace' ? 'manifest.name' : 'manifest.format',
        message: `${field} does not have the form it needs.`,
        help,
      };
    case 'format':
      return { code: 'manifest.format', message: `${field} is no duration.`, help };
    case 'uniqueItems':
      return {
        code: 'manifest.duplicate_entry',
        message: `${field} has the same entry twice.`,
        help: 'Keep one of the two.',
      };
    default:
      return { code: 'manifest.limit', message: `${field} ${boundOf(error)}.`, help };
  }
}

const bounds: Readonly<Record<string, string>> = {
  minimum: 'must be at least',
  maximum: 'must be at most',
  multipleOf: 'must be a multiple of',
  minLength: 'must have at least this many characters:',
  maxLength: 'may have at most this many characters:',
  minItems: 'must have at least this many entries:',
  maxItems: 'may have at most this many entries:',
  minProperties: 'must have at least this many fields:',
  maxProperties: 'may have at most this many fields:',
};

function boundOf(error: ErrorObject): string {
  const bound = bounds[error.keyword];
  return bound === undefined ? 'is out of bounds' : `${bound} ${String(error.schema)}`;
}

function typeName(type: unknown): string {
  const names: Readonly<Record<string, string>> = {
    object: 'a map',
    array: 'a list',
    string: 'a text',
    integer: 'a whole number',
    number: 'a number',
    boolean: 'true or false',
  };
  return [type]
    .flat()
    .map((name) => names[String(name)] ?? String(name))
    .join(' or ');
}

/** Keys are what an author wrote: shown masked and short. */
function where(path: Path): string {
  return path.length === 0 ? 'the document' : `\`${shownText(fieldName(path))}\``;
}

/** `spec.tools[1].toolRef`. */
export function fieldName(path: Path): string {
  return path
    .map((part, index) => (/^[0-9]+$/.test(String(part)) ? `[${part}]` : `${index === 0 ? '' : '.'}${part}`))
    .join('');
}

function fieldsOf(schema: unknown): readonly string[] {
  const properties = isJsonObject(schema) ? schema['properties'] : undefined;
  return isJsonObject(properties) ? Object.keys(properties) : [];
}

function descriptionOf(error: ErrorObject): string | undefined {
  const description: unknown = isJsonObject(error.parentSchema) ? error.parentSchema['description'] : undefined;
  return typeof description === 'string' ? description : undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
