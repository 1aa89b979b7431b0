import type { ErrorObject } from 'ajv/dist/2020.js';
import { copyOf } from './canonical.ts';
import type { Document } from './document.ts';
import { isJsonObject, type Json } from './json.ts';
import { problemsMax } from './limits.ts';
import { problemIn } from './position.ts';
import type { Path } from './text.ts';
import type { Problem } from './problem.ts';
import { shapeErrors } from './shape-errors.ts';
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
  return problemsOf(shapeErrors(`${name}.schema.json`, value), document);
}

/**
 * Checks what `value` says, and not that it says enough: a patch adds to what another document says. A `null` takes
 * away, whatever the field's type. Nothing is filled in.
 */
export function checkPartialShape(name: SchemaName, value: Json, document: Document): Problem[] {
  const errors = shapeErrors(`${name}.schema.json`, copyOf(value));
  return problemsOf(
    errors.filter((error) => !ofTheWhole(error) && !takesAway(error, value)),
    document,
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

function pathOf(error: ErrorObject): Path {
  if (error.instancePath === '') return [];
  return error.instancePath
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}
