import { Ajv, type ValidateFunction } from 'ajv';
import { expect, test } from 'vitest';
import { editorSchema } from '../../src/manifest/editor-schema.ts';
import type { Json, JsonObject } from '../../src/manifest/json.ts';
import { isJsonList, isJsonObject } from '../../src/manifest/json.ts';
import type { Kind } from '../../src/manifest/resource.ts';
import { fieldsTitled, pathText, type SchemaField, withInner } from '../../src/manifest/schema-field.ts';
import { parseDocuments } from '../../src/manifest/document.ts';
import { type Validated, validate } from '../../src/manifest/validate.ts';

/** What a manifest of one kind may say and may not say, beyond what every kind is asked. */
export interface SchemaCases {
  readonly kind: Kind;
  /** Specs that are right; together they write every field of the kind. */
  readonly accepted: Readonly<Record<string, JsonObject>>;
  /** By what is wrong: the spec, and `code path` or `code path help` of each problem. */
  readonly refused: Readonly<Record<string, readonly [spec: JsonObject, ...problems: string[]]>>;
}

/** The tests of a kind: the tables, and what follows from the schema for every field in them. */
export function testSchema(cases: SchemaCases): void {
  const { kind, accepted, refused } = cases;
  testEditor(cases);
  test.each(Object.entries(accepted))('%s', (_name, spec) => {
    expect(problemsOf(kind, spec)).toEqual([]);
  });

  test.each(Object.entries(refused))('%s: refused', (_name, [spec, ...problems]) => {
    expect(problemsOf(kind, spec)).toEqual(problems.map((problem) => expect.stringContaining(problem)));
  });

  test('every field is written in one of the specs that are right', () => {
    const fields = fieldsOf(kind).flatMap(withInner).filter(isOfSpec);
    const written = new Set(Object.values(accepted).flatMap((spec) => placesIn(spec).map(({ field }) => field)));
    expect(fields.map(({ path }) => pathText(path)).filter((path) => !isWritten(path, written))).toEqual([]);
  });

  test('a value of another type is refused for every field, at its place', () => {
    const taken = Object.values(accepted).flatMap((spec) =>
      placesIn(spec)
        .filter(({ path }) => Array.isArray(at(spec, path)) || fieldOf(kind, path) !== undefined)
        .filter(({ path }) => !isFree(fieldOf(kind, path)))
        .filter(({ path }) => problemsOf(kind, replaced(spec, path, wrongFor(at(spec, path)))).length === 0)
        .map(({ field }) => field),
    );
    expect([...new Set(taken)]).toEqual([]);
  });

  test('a misspelt field is refused with the field that was meant', () => {
    for (const spec of Object.values(accepted)) {
      for (const { path, field } of placesIn(spec)) {
        const name = String(path.at(-1));
        const known = fieldOf(kind, path);
        if (known === undefined || known.path.at(-1) === '*' || known.path.at(-1) === '[]' || name.length < 3) continue;
        const misspelt = `${name}${name.at(-1) ?? ''}`;
        const problems = problemsOf(kind, renamed(spec, path, misspelt));
        expect(problems, `${field} as ${misspelt}`).toContainEqual(
          expect.stringMatching(new RegExp(`^manifest\\.unknown_field .*${misspelt} .*Did you mean \`${name}\``)),
        );
      }
    }
  });

  test('a misspelt word of a choice is refused with the word that was meant', () => {
    for (const spec of Object.values(accepted)) {
      for (const { path, field } of placesIn(spec)) {
        const value = at(spec, path);
        const known = fieldOf(kind, path);
        if (typeof value !== 'string' || value.length < 3 || !isJsonList(known?.schema['enum'])) continue;
        const problems = problemsOf(kind, replaced(spec, path, `${value}q`));
        expect(problems, field).toContainEqual(expect.stringContaining(`Did you mean \`${value}\``));
      }
    }
  });
}

/** What an editor marks is what pawl refuses by the schema. */
function testEditor({ kind, accepted }: SchemaCases): void {
  test('an editor takes every spec that is right, and marks misspelt fields and values of another type', () => {
    for (const [name, spec] of Object.entries(accepted)) {
      expect([name, editorErrors(kind, spec)]).toEqual([name, []]);
      for (const { path, field } of placesIn(spec)) {
        const known = fieldOf(kind, path);
        if (known === undefined || known.path.at(-1) === '[]' || isFree(known)) continue;
        expect([field, editorErrors(kind, replaced(spec, path, wrongFor(at(spec, path)))).length > 0]).toEqual([
          field,
          true,
        ]);
        if (known.path.at(-1) === '*') continue;
        expect([field, editorErrors(kind, renamed(spec, path, 'misspelt')).length > 0]).toEqual([field, true]);
      }
    }
  });
}

/** Of the manifest that `spec` makes; undefined where something is wrong with it. */
export function digestOf(kind: Kind, spec: JsonObject): string | undefined {
  return validated(manifestOf(kind, spec))[0]?.content?.digest;
}

/** `code path help`, of errors and of warnings that say nothing of what this build lacks. */
function problemsOf(kind: Kind, spec: JsonObject): string[] {
  const text = manifestOf(kind, spec);
  return validated(text)
    .flatMap(({ problems }) => problems)
    .filter(({ code, blocks }) => code !== 'manifest.unsupported' || blocks === undefined)
    .map(({ code, message, line, help }) => `${code} ${pathAt(text, line)} ${help ?? ''} (${message})`);
}

let editor: ValidateFunction | undefined;

/** What an editor would mark, by the schema that a repository keeps for it. */
function editorErrors(kind: Kind, spec: JsonObject): string[] {
  editor ??= new Ajv({ strict: false, validateSchema: false }).compile(JSON.parse(editorSchema()));
  editor({ apiVersion: 'pawl/v1', kind, metadata: { name: 'x' }, spec });
  return (editor.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** One value a line, so that a line is a path. */
function manifestOf(kind: Kind, spec: JsonObject): string {
  return JSON.stringify({ apiVersion: 'pawl/v1', kind, metadata: { name: 'x' }, spec }, undefined, 1);
}

function validated(text: string): Validated[] {
  return parseDocuments({ path: 'a.yaml', bytes: new TextEncoder().encode(text) }).documents.map(validate);
}

/** The path of what begins on a line of indented JSON. */
function pathAt(text: string, line: number): string {
  const steps: { indent: number; step: string }[] = [];
  const indexes = new Map<number, number>();
  for (const written of text.split('\n').slice(0, line)) {
    const indent = written.length - written.trimStart().length;
    while ((steps.at(-1)?.indent ?? -1) >= indent) steps.pop();
    for (const deeper of indexes.keys()) if (deeper > indent) indexes.delete(deeper);
    const key = /^\s*"((?:[^"\\]|\\.)*)": /.exec(written)?.[1];
    if (key !== undefined) steps.push({ indent, step: key });
    else if (/^\s*["{[\dtfn-]/.test(written) && indent > 0) {
      const index = indexes.get(indent) ?? 0;
      indexes.set(indent, index + 1);
      steps.push({ indent, step: String(index) });
    }
  }
  return steps.map(({ step }) => step).join('.');
}

interface Place {
  readonly path: readonly string[];
  /** As the schema's fields are named. */
  readonly field: string;
}

function placesIn(value: Json, path: readonly string[] = [], field = 'spec'): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    const name = isJsonList(value) ? `${field}[]` : `${field}.${key}`;
    return [{ path: [...path, key], field: name }, ...placesIn(member, [...path, key], name)];
  });
}

function isOfSpec({ path }: SchemaField): boolean {
  return path[0] === 'spec' && path.length > 1;
}

/** `*` in the path of a field stands for any name. */
function isWritten(path: string, written: ReadonlySet<string>): boolean {
  const pattern = new RegExp(`^${path.replace(/[.[\]]/g, '\\$&').replaceAll('*', '[^.[]+')}$`);
  return [...written].some((field) => pattern.test(field));
}

const known = new Map<Kind, readonly SchemaField[]>();

function fieldsOf(kind: Kind): readonly SchemaField[] {
  const fields = known.get(kind) ?? fieldsTitled(kind);
  known.set(kind, fields);
  return fields;
}

function fieldOf(kind: Kind, path: readonly string[]): SchemaField | undefined {
  let fields = fieldsOf(kind);
  let found: SchemaField | undefined;
  for (const step of ['spec', ...path]) {
    found =
      fields.find((field) => field.path.at(-1) === step) ??
      fields.find((field) => ['*', '[]'].includes(field.path.at(-1) ?? ''));
    fields = found?.fields ?? [];
  }
  return found;
}

/** Whatever is written there is right: JSON of the author's own. */
function isFree(field: SchemaField | undefined): boolean {
  if (field === undefined) return true;
  return field.schema['type'] === undefined && field.schema['enum'] === undefined;
}

function wrongFor(value: Json | undefined): Json {
  return isJsonObject(value) ? [[[]]] : { 'no field': { of: 'any' } };
}

function at(spec: JsonObject, path: readonly string[]): Json | undefined {
  let value: Json | undefined = spec;
  for (const step of path)
    value = typeof value === 'object' && value !== null ? (value as JsonObject)[step] : undefined;
  return value;
}

function replaced(value: Json, path: readonly string[], by: Json): JsonObject {
  return edited(value, path, (holder, key) => ({ ...holder, [key]: by })) as JsonObject;
}

function renamed(value: Json, path: readonly string[], name: string): JsonObject {
  return edited(value, path, (holder, key) =>
    Object.fromEntries(Object.entries(holder).map(([old, member]) => [old === key ? name : old, member])),
  ) as JsonObject;
}

function edited(value: Json, path: readonly string[], edit: (holder: JsonObject, key: string) => JsonObject): Json {
  const [step = '', ...rest] = path;
  if (isJsonList(value))
    return rest.length === 0
      ? Object.values(edit(Object.fromEntries(value.entries()), step))
      : value.map((member, index) => (String(index) === step ? edited(member, rest, edit) : member));
  if (!isJsonObject(value)) return value;
  return rest.length === 0 ? edit(value, step) : { ...value, [step]: edited(value[step] ?? null, rest, edit) };
}
