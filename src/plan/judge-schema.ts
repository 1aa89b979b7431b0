import { isDeepStrictEqual } from 'node:util';
import { isJsonList, isJsonObject, type Json, type JsonObject, own } from '../manifest/json.ts';
import { type Shape, shapes } from '../manifest/json-schema-keywords.ts';
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

/** Figures and flags: they bound what is taken, and say no word. */
const bounds: ReadonlySet<string> = new Set([...upper, ...least, 'multipleOf', 'uniqueItems']);

const depthMax = 32;

/** A JSON Schema that accepts nothing which the schema before did not; absent accepts everything. */
export const schemaNarrows: Narrowing = (before, after) => narrows(before ?? true, after ?? true);

/**
 * A schema that only accepts less and tells a model what the one before told it, each thing at the same place: words,
 * defaults, examples, names of arguments and which must be there, values to choose from. What is left are bounds, and
 * that nothing else is taken.
 */
export function onlyNarrows(before: Json | undefined, after: Json | undefined): boolean {
  return before !== undefined && after !== undefined && narrows(before, after) && tellsTheSame(before, after);
}

function narrows(before: Json, after: Json): boolean {
  if (before === true || isDeepStrictEqual(bare(before), bare(after))) return true;
  return !refersAside(before) && !refersAside(after) && isNarrower(before, after, 0);
}

const definitions = /^#\/(\$defs|definitions)\//;

/** A definition that differs is never narrower. A part that is referred to may be: what refuses it then accepts more. */
function refersAside(value: Json): boolean {
  if (isJsonList(value)) return value.some(refersAside);
  if (!isJsonObject(value)) return false;
  const target = own(value, '$ref');
  return (typeof target === 'string' && !definitions.test(target)) || Object.values(value).some(refersAside);
}

function isNarrower(before: Json, after: Json, depth: number): boolean {
  if (depth > depthMax) return false;
  if (before === true || after === false || isDeepStrictEqual(bare(before), bare(after))) return true;
  if (!isJsonObject(before) || !isJsonObject(after)) return false;
  const keywords = keywordsOf({ before, after });
  // What is evaluated is no more left over: naming it may accept it.
  if (keywords.some((keyword) => keyword.startsWith('unevaluated'))) return false;
  return keywords.every((keyword) => annotations.has(keyword) || narrowsAt(keyword, { before, after }, depth + 1));
}

function keywordsOf({ before, after }: Schemas): readonly string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])];
}

interface Schemas {
  readonly before: JsonObject;
  readonly after: JsonObject;
}

function narrowsAt(keyword: string, { before, after }: Schemas, depth: number): boolean {
  const [was, is] = [own(before, keyword), own(after, keyword)];
  if (isDeepStrictEqual(bareAt(keyword, was), bareAt(keyword, is))) return true;
  if (keyword === 'properties') return propertiesNarrow({ before, after }, depth);
  if (keyword === 'additionalProperties' || keyword === 'items')
    return is !== undefined && isNarrower(was ?? true, is, depth);
  if (is === undefined) return false;
  if (upper.has(keyword)) return was === undefined || Number(is) <= Number(was);
  if (least.has(keyword)) return was === undefined || Number(is) >= Number(was);
  if (keyword === 'required') return isJsonList(is) && (isJsonList(was) ? was : []).every((name) => is.includes(name));
  if (keyword === 'enum') return was === undefined || hasFewer(was, is);
  if (keyword === 'uniqueItems') return is === true;
  return onlyAdded.has(keyword) && was === undefined;
}

/** A property that is not named is what `additionalProperties` says; patterns may say otherwise, so then nothing is sure. */
function propertiesNarrow({ before, after }: Schemas, depth: number): boolean {
  if (before['patternProperties'] !== undefined || after['patternProperties'] !== undefined) return false;
  const [was, is] = [propertiesOf(before), propertiesOf(after)];
  return [...new Set([...Object.keys(was), ...Object.keys(is)])].every((name) =>
    isNarrower(
      own(was, name) ?? before['additionalProperties'] ?? true,
      own(is, name) ?? after['additionalProperties'] ?? true,
      depth,
    ),
  );
}

function propertiesOf({ properties }: JsonObject): JsonObject {
  return isJsonObject(properties) ? properties : {};
}

function hasFewer(before: Json, after: Json): boolean {
  if (!isJsonList(before) || !isJsonList(after)) return false;
  return after.every((one) => before.some((other) => isDeepStrictEqual(one, other)));
}

/** Place by place: a text that stood elsewhere in the schema before says another thing here. */
function tellsTheSame(before: Json, after: Json, depth = 0): boolean {
  if (isDeepStrictEqual(before, after)) return true;
  const told = before === true ? {} : before;
  if (depth > depthMax || !isJsonObject(told) || !isJsonObject(after)) return false;
  const sides = { before: told, after };
  return keywordsOf(sides).every((keyword) => tellsTheSameAt(keyword, sides, depth + 1));
}

function tellsTheSameAt(keyword: string, { before, after }: Schemas, depth: number): boolean {
  const [was, is] = [own(before, keyword), own(after, keyword)];
  if (isDeepStrictEqual(was, is) || bounds.has(keyword)) return true;
  if (keyword === 'properties') {
    const [old, now] = [propertiesOf(before), propertiesOf(after)];
    const names = [...new Set([...Object.keys(old), ...Object.keys(now)])];
    return names.every((name) => {
      const [first, second] = [own(old, name), own(now, name)];
      return first !== undefined && second !== undefined && tellsTheSame(first, second, depth);
    });
  }
  if (is === undefined) return false;
  if (keyword === 'additionalProperties' || keyword === 'items') {
    return is === false ? was === undefined || was === true : tellsTheSame(was ?? true, is, depth);
  }
  return keyword === 'enum' && was !== undefined && hasFewer(was, is) && hasFewer(is, was);
}

/** What checks, without what only speaks to readers. */
function bare(schema: Json): Json {
  if (isJsonList(schema)) return schema.map(bare);
  if (!isJsonObject(schema)) return schema;
  const kept = Object.entries(schema).filter(([keyword]) => !annotations.has(keyword));
  return Object.fromEntries(kept.map(([keyword, value]) => [keyword, bareAt(keyword, value) ?? null]));
}

const maps: ReadonlySet<Shape | undefined> = new Set(['schemaMap', 'patternMap', 'textListMap']);

/** Names and values are what their authors call them: none of them is a keyword, whatever it is called. */
function bareAt(keyword: string, value: Json | undefined): Json | undefined {
  if (value === undefined) return undefined;
  const shape = own(shapes, keyword);
  if (maps.has(shape) && isJsonObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, bare(member)]));
  }
  if ((shape === 'list' || shape === 'texts') && isJsonList(value))
    return value.map((one) => JSON.stringify(one)).sort();
  return shape === 'any' ? value : bare(value);
}
