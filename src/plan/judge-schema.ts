import { isDeepStrictEqual } from 'node:util';
import { isJsonList, isJsonObject, type Json, type JsonObject, own } from '../manifest/json.ts';
import type { Narrowing } from './judge-narrowing.ts';

/** What speaks to readers and checks nothing. */
const annotations: ReadonlySet<string> = new Set([
  'title',
  'description',
  'examples',
  'default',
  'deprecated',
  '$comment',
  '$schema',
  '$id',
]);

const upper: ReadonlySet<string> = new Set(['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties']);
const least: ReadonlySet<string> = new Set(['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties']);
/** Adding one restricts; a changed one is not compared. */
const onlyAdded: ReadonlySet<string> = new Set(['const', 'pattern', 'type', 'multipleOf', 'dependentRequired', 'not']);

const depthMax = 32;

/** A JSON Schema that accepts nothing which the schema before did not; absent accepts everything. */
export const schemaNarrows: Narrowing = (before, after) => isNarrower(before ?? true, after ?? true, 0);

/**
 * A schema that only accepts less and holds no text that the one before did not: names of properties, values and
 * patterns are text to a model as descriptions are. One that lost a text is another: what is left may mean another thing.
 */
export function onlyNarrows(before: Json | undefined, after: Json | undefined): boolean {
  if (before === undefined || after === undefined || !isNarrower(before, after, 0)) return false;
  return isDeepStrictEqual([...textsOf(before)].sort(), [...textsOf(after)].sort());
}

const keywords: ReadonlySet<string> = new Set([
  ...upper,
  ...least,
  ...onlyAdded,
  'uniqueItems',
  'additionalProperties',
]);

/** Every string in it but the keywords that only set bounds; a `type` that is added is kept, for it is a string too. */
function textsOf(value: Json, texts = new Set<string>()): ReadonlySet<string> {
  if (typeof value === 'string') texts.add(value);
  else if (isJsonList(value)) for (const one of value) textsOf(one, texts);
  else if (isJsonObject(value)) {
    for (const [key, member] of Object.entries(value)) {
      if (!keywords.has(key)) texts.add(key);
      textsOf(member, texts);
    }
  }
  return texts;
}

function isNarrower(before: Json, after: Json, depth: number): boolean {
  if (depth > depthMax) return false;
  if (before === true || after === false || isDeepStrictEqual(bare(before), bare(after))) return true;
  if (!isJsonObject(before) || !isJsonObject(after)) return false;
  const keywords = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keywords].every((keyword) => annotations.has(keyword) || narrowsAt(keyword, { before, after }, depth + 1));
}

interface Schemas {
  readonly before: JsonObject;
  readonly after: JsonObject;
}

function narrowsAt(keyword: string, { before, after }: Schemas, depth: number): boolean {
  const [was, is] = [own(before, keyword), own(after, keyword)];
  if (isDeepStrictEqual(bare(was ?? null), bare(is ?? null))) return true;
  if (keyword === 'properties') return propertiesNarrow({ before, after }, depth);
  if (keyword === 'additionalProperties' || keyword === 'items')
    return is !== undefined && isNarrower(was ?? true, is, depth);
  if (is === undefined) return false;
  if (upper.has(keyword)) return was === undefined || Number(is) <= Number(was);
  if (least.has(keyword)) return was === undefined || Number(is) >= Number(was);
  if (keyword === 'required') return isJsonList(is) && (isJsonList(was) ? was : []).every((name) => is.includes(name));
  if (keyword === 'enum')
    return was === undefined || (isJsonList(was) && isJsonList(is) && is.every((one) => isIn(one, was)));
  if (keyword === 'uniqueItems') return is === true;
  return onlyAdded.has(keyword) && was === undefined;
}

/** A property that is not named is what `additionalProperties` says; patterns may say otherwise, so then nothing is sure. */
function propertiesNarrow({ before, after }: Schemas, depth: number): boolean {
  if (before['patternProperties'] !== undefined || after['patternProperties'] !== undefined) return false;
  const named = ({ properties }: JsonObject): JsonObject => (isJsonObject(properties) ? properties : {});
  const [was, is] = [named(before), named(after)];
  return [...new Set([...Object.keys(was), ...Object.keys(is)])].every((name) =>
    isNarrower(
      own(was, name) ?? before['additionalProperties'] ?? true,
      own(is, name) ?? after['additionalProperties'] ?? true,
      depth,
    ),
  );
}

function isIn(value: Json, list: readonly Json[]): boolean {
  return list.some((one) => isDeepStrictEqual(one, value));
}

/** Without what checks nothing. Names of properties are no keywords, whatever they are called. */
function bare(value: Json, names = false): Json {
  if (isJsonList(value)) return value.map((one) => bare(one));
  if (!isJsonObject(value)) return value;
  const kept = Object.entries(value).filter(([key]) => names || !annotations.has(key));
  return Object.fromEntries(
    kept.map(([key, member]) => {
      if (key === 'enum' || key === 'const' || key === 'required') return [key, sorted(key, member)];
      return [key, bare(member, !names && (key === 'properties' || key === '$defs' || key === 'patternProperties'))];
    }),
  );
}

function sorted(key: string, value: Json): Json {
  return key !== 'const' && isJsonList(value) ? value.map((one) => JSON.stringify(one)).sort() : value;
}
