import { RE2JS } from 're2js';
import { canonicalText } from './digest.ts';
import { isJsonList, isJsonObject, type Json, type JsonObject, own } from './json.ts';
import { formats, shapes, types, type Shape } from './json-schema-keywords.ts';
import { loopFindings } from './json-schema-loop.ts';
import { didYouMean } from './nearest.ts';
import { localTargets } from './json-schema-target.ts';
import type { Path } from './text.ts';
import { shownText } from './shown.ts';
import type { SchemaFinding } from './json-schema-finding.ts';

export const schemaBytesMax = 64 * 1024;

/**
 * What keeps an author's JSON Schema (2020-12) from being used at a gate: keywords that are not known (a typing mistake
 * would check nothing), references that leave the schema or move, patterns that can take exponential time. Compiling
 * thousands of schemas would take seconds, so this reads them; the gate compiles what passes here.
 */
export function validateSchema(schema: JsonObject): SchemaFinding[] {
  if (Buffer.byteLength(canonicalText(schema)) > schemaBytesMax) {
    const message = `The schema is larger than ${schemaBytesMax} bytes.`;
    return [
      { code: 'schema.size', message, path: [], part: 'key', help: 'Describe less: a model reads it on every call.' },
    ];
  }
  const reading: Reading = { root: schema, findings: [], targets: new Set(localTargets(schema).keys()) };
  readSchema(schema, [], reading);
  if (reading.findings.length === 0) reading.findings.push(...loopFindings(schema));
  return reading.findings;
}

interface Reading {
  readonly root: JsonObject;
  readonly findings: SchemaFinding[];
  readonly targets: ReadonlySet<string>;
}

function readSchema(schema: Json, path: Path, reading: Reading): void {
  if (typeof schema === 'boolean') return;
  if (!isJsonObject(schema)) return report({ path, reading }, 'schema.shape', 'A schema must be a map, true or false.');
  for (const [keyword, value] of Object.entries(schema)) {
    const shape = own(shapes, keyword);
    if (shape === undefined) {
      const help =
        didYouMean(keyword, Object.keys(shapes)) ?? 'Check the spelling: an unknown keyword would check nothing.';
      reading.findings.push({
        code: 'schema.keyword',
        message: `\`${shownText(keyword)}\` is no keyword of JSON Schema 2020-12.`,
        path: [...path, keyword],
        part: 'key',
        help,
      });
    } else readKeyword(shape, keyword, { value, path: [...path, keyword], reading });
  }
}

interface At {
  readonly value: Json;
  readonly path: Path;
  readonly reading: Reading;
}

function readKeyword(shape: Shape, keyword: string, at: At): void {
  const { value, path, reading } = at;
  if (shape === 'schema') return readSchema(value, path, reading);
  if (shape === 'schemas' && isJsonList(value))
    return value.forEach((member, index) => readSchema(member, [...path, index], reading));
  if ((shape === 'schemaMap' || shape === 'patternMap') && isJsonObject(value)) return readSchemaMap(shape, value, at);
  if (shape === 'reference') return readReference(at);
  if (shape === 'pattern') return readPattern(at);
  if (shape === 'refused') {
    return report(
      { path, reading, part: 'key' },
      'schema.keyword',
      `\`${keyword}\` is refused: a schema must mean the same wherever it stands.`,
    );
  }
  if (shape === 'type') return readNames(at, types, 'type');
  if (shape === 'format') return readNames(at, formats, 'format');
  if (!fits(shape, value))
    report({ path, reading }, 'schema.shape', `\`${keyword}\` does not have the form that JSON Schema gives it.`);
}

function fits(shape: Shape, value: Json): boolean {
  if (shape === 'any') return true;
  if (shape === 'text') return typeof value === 'string';
  if (shape === 'boolean') return typeof value === 'boolean';
  if (shape === 'number') return typeof value === 'number';
  if (shape === 'count') return typeof value === 'number' && Number.isInteger(value) && value >= 0;
  if (shape === 'list') return isJsonList(value) && value.length > 0;
  if (shape === 'texts') return isTexts(value);
  if (shape === 'textListMap') return isJsonObject(value) && Object.values(value).every(isTexts);
  return false;
}

function readSchemaMap(shape: Shape, value: JsonObject, { path, reading }: At): void {
  for (const [key, member] of Object.entries(value)) {
    if (shape === 'patternMap') readPattern({ value: key, path: [...path, key], reading, part: 'key' });
    readSchema(member, [...path, key], reading);
  }
}

function readNames({ value, path, reading }: At, allowed: readonly string[], what: string): void {
  const names = isJsonList(value) && what === 'type' && value.length > 0 ? value : [value];
  for (const name of names) {
    if (typeof name === 'string' && allowed.includes(name)) continue;
    const help = typeof name === 'string' ? didYouMean(name, allowed) : undefined;
    const message =
      typeof name === 'string' ? `\`${shownText(name)}\` is no ${what} that pawl knows.` : `A ${what} must be a text.`;
    reading.findings.push({
      code: 'schema.shape',
      message,
      path,
      part: 'value',
      help: help ?? `Known: ${allowed.join(', ')}.`,
    });
  }
}

function readReference({ value, path, reading }: At): void {
  if (typeof value !== 'string') return report({ path, reading }, 'schema.shape', '`$ref` must be a text.');
  if (!value.startsWith('#')) {
    return report({ path, reading }, 'schema.remote_ref', '`$ref` leaves the schema; nothing is fetched.');
  }
  if (!reading.targets.has(value))
    report(
      { path, reading },
      'schema.ref',
      `\`$ref\` leads to \`${shownText(value)}\`, which the schema does not have.`,
    );
}

function readPattern({ value, path, reading, part = 'value' }: At & { readonly part?: 'key' | 'value' }): void {
  const at = { path, reading, part };
  if (typeof value !== 'string') return report(at, 'schema.shape', 'A pattern must be a text.');
  try {
    RE2JS.compile(value);
  } catch {
    const refused = 'look-around and back-references are refused, because they can take exponential time';
    return report(at, 'schema.pattern', `The pattern is not one of RE2: ${refused}.`);
  }
  if (value.length > 1_000) report(at, 'schema.pattern', 'The pattern is longer than 1000 characters.');
}

interface Spot {
  readonly path: Path;
  readonly reading: Reading;
  readonly part?: 'key' | 'value';
}

function report({ path, reading, part = 'value' }: Spot, code: string, message: string): void {
  reading.findings.push({ code, message, path, part });
}

function isTexts(value: Json): boolean {
  return isJsonList(value) && value.every((member) => typeof member === 'string');
}
