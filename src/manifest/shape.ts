import type { ErrorObject } from 'ajv/dist/2020.js';
import { copyOf } from './canonical.ts';
import type { Document } from './document.ts';
import { isJsonObject, type Json } from './json.ts';
import { problemsMax } from './limits.ts';
import { nearest } from './nearest.ts';
import { problemIn } from './position.ts';
import type { Path } from './text.ts';
import type { Problem } from './problem.ts';
import { shapeErrors } from './shape-errors.ts';
import { isOfBranch, namesOfBranches, shapeFinding } from './shape-finding.ts';

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
  const file = `${name}.schema.json`;
  return problemsOf(shapeErrors(file, value), { file, document });
}

/**
 * Checks what `value` says, and not that it says enough: a patch adds to what another document says. A `null` takes
 * away, whatever the field's type. Nothing is filled in.
 */
export function checkPartialShape(name: SchemaName, value: Json, document: Document): Problem[] {
  const file = `${name}.schema.json`;
  const errors = shapeErrors(file, copyOf(value));
  return problemsOf(
    errors.filter((error) => !ofTheWhole(error) && !takesAway(error, value)),
    { file, document },
  );
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

interface Checked {
  readonly file: string;
  readonly document: Document;
}

function problemsOf(errors: readonly ErrorObject[], { file, document }: Checked): Problem[] {
  if (errors.length === 0) return [];
  const problems: Problem[] = [];
  const seen = new Set<string>();
  const misspelt = misspeltOf(errors);
  for (const error of errors) {
    if (misspelt.missing.has(error)) continue;
    const found = shapeFinding(error, { path: pathOf(error), file, meant: misspelt.meant.get(error) });
    if (found === undefined || problems.length >= problemsMax) continue;
    const key = `${found.path.join('\0')}\0${found.code}\0${found.message}`;
    if (seen.has(key)) continue;
    seen.add(key);
    problems.push(problemIn(document, found.path, found));
  }
  return problems;
}

interface Misspelt {
  /** What the name of an unknown field was meant to be. */
  readonly meant: ReadonlyMap<ErrorObject, string>;
  /** Of fields that are only missing because they are misspelt. */
  readonly missing: ReadonlySet<ErrorObject>;
}

/** A required field with a slip in its name is one mistake, though it is both missing and unknown. */
function misspeltOf(errors: readonly ErrorObject[]): Misspelt {
  const lacking = new Map<string, Map<string, ErrorObject[]>>();
  for (const error of errors) {
    const here = lacking.get(error.instancePath) ?? new Map<string, ErrorObject[]>();
    lacking.set(error.instancePath, here);
    for (const name of lackedBy(error)) here.set(name, [...(here.get(name) ?? []), error]);
  }
  const meant = new Map<ErrorObject, string>();
  const missing = new Set<ErrorObject>();
  for (const error of errors) {
    if (error.keyword !== 'additionalProperties') continue;
    const here = lacking.get(error.instancePath) ?? new Map<string, ErrorObject[]>();
    const written = String(error.params['additionalProperty']);
    const near = nearest(written, here.keys()) ?? [`${written}Ref`].find((name) => here.has(name));
    if (near === undefined) continue;
    meant.set(error, near);
    for (const one of here.get(near) ?? []) missing.add(one);
    here.delete(near);
  }
  return { meant, missing };
}

/** Fields of which an error says that one is not there. */
function lackedBy(error: ErrorObject): readonly string[] {
  if (isOfBranch(error)) return [];
  if (error.keyword === 'required') return [String(error.params['missingProperty'])];
  return error.keyword === 'oneOf' && !Array.isArray(error.params['passingSchemas']) ? namesOfBranches(error) : [];
}

function pathOf(error: ErrorObject): Path {
  if (error.instancePath === '') return [];
  return error.instancePath
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}
