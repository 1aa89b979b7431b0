import { copyOf, type Draft } from './canonical.ts';
import { parseDuration } from './duration.ts';
import { isJsonList, isJsonObject, type Json, type JsonObject, own } from './json.ts';
import { schemas } from './schemas.gen.ts';

/**
 * Whether a value passes one of our schemas; if so, the schema's defaults are filled in. What is right, which is nearly
 * everything, is told so here: loading and compiling the schema checker takes longer than checking hundreds of
 * manifests. The checker alone says what is wrong; that both say yes to the same is held by a test.
 */
export function passesShape(file: string, value: Json): boolean {
  const filled: Filled = [];
  if (checkOf(file)(value, filled)) return true;
  for (const { draft, key } of filled) delete draft[key];
  return false;
}

/** Fields that were given their default, to be taken away again. */
type Filled = { readonly draft: Draft; readonly key: string }[];

/** Defaults are filled in where `filled` is there to note them, which it is not where a schema is only tried. */
type Check = (value: Json, filled: Filled | undefined) => boolean;

type Keyword = (operand: Json, at: Schema) => Check;

interface Schema {
  readonly schema: JsonObject;
  readonly file: string;
}

const checks = new Map<string, Check>();

/** By file, or file and pointer; made when first asked for, as the schemas that it refers to are when first come to. */
function checkOf(target: string): Check {
  const known = checks.get(target);
  if (known !== undefined) return known;
  const [file = '', pointer = ''] = target.split('#');
  let schema: Json | undefined = own(schemas, file);
  for (const key of pointer.split('/').slice(1)) schema = isJsonObject(schema) ? own(schema, key) : undefined;
  if (schema === undefined) throw new TypeError(`there is no schema ${target}`);
  const made = checkFor(schema, file);
  checks.set(target, made);
  return made;
}

function always(): boolean {
  return true;
}

function checkFor(schema: Json, file: string): Check {
  if (typeof schema === 'boolean') return () => schema;
  if (!isJsonObject(schema)) throw new TypeError('a schema is a map or a boolean');
  for (const keyword of Object.keys(schema)) {
    if (!annotations.has(keyword) && !keywords.has(keyword)) throw new TypeError(`no schema may use ${keyword} yet`);
  }
  const parts: Check[] = [];
  for (const [keyword, checkWith] of keywords) {
    const operand = own(schema, keyword);
    if (operand !== undefined) parts.push(checkWith(operand, { schema, file }));
  }
  if (parts.length < 2) return parts[0] ?? always;
  return (value, filled) => {
    for (const part of parts) if (!part(value, filled)) return false;
    return true;
  };
}

const annotations: ReadonlySet<string> = new Set(
  '$schema $defs title description examples default then else x-propagation x-sensitive x-resolved x-reads'.split(' '),
);

// In the checker's order, which a value can tell: conditions are asked before the defaults of fields beside them are
// filled in.
const keywords: ReadonlyMap<string, Keyword> = new Map<string, Keyword>([
  ['type', (names) => ofType(textsOf(names))],
  ['maximum', (most) => ofNumber((value) => value <= Number(most))],
  ['minimum', (least) => ofNumber((value) => value >= Number(least))],
  ['multipleOf', (unit) => ofNumber((value) => Number.isInteger(value / Number(unit)))],
  ['maxLength', (most) => ofText((text) => text.length <= Number(most) || Array.from(text).length <= Number(most))],
  ['minLength', (least) => ofText((text) => Array.from(text).length >= Number(least))],
  ['pattern', (pattern) => ofPattern(new RegExp(textOf(pattern), 'u'))],
  ['format', (name) => ofFormat(textOf(name))],
  ['$ref', (target) => referring(textOf(target))],
  ['not', (schema, { file }) => negated(checkFor(schema, file))],
  ['anyOf', (schemas, { file }) => counted(branches(schemas, file), (passing) => passing > 0)],
  ['oneOf', (schemas, { file }) => counted(branches(schemas, file), (passing) => passing === 1)],
  ['allOf', (schemas, { file }) => all(branches(schemas, file))],
  ['if', conditional],
  ['const', (wanted) => oneOfWords(new Set([primitive(wanted)]))],
  ['enum', (words) => oneOfWords(new Set(isJsonList(words) ? words.map(primitive) : []))],
  ['maxItems', (most) => ofList((list) => list.length <= Number(most))],
  ['minItems', (least) => ofList((list) => list.length >= Number(least))],
  ['items', (schema, { file }) => ofEntries(checkFor(schema, file))],
  ['uniqueItems', (unique) => (unique === true ? ofList((list) => new Set(list).size === list.length) : always)],
  ['properties', (_properties, at) => ofFields(at)],
  ['required', (names) => holding(textsOf(names))],
  ['maxProperties', (most) => ofMap((map) => Object.keys(map).length <= Number(most))],
  ['minProperties', (least) => ofMap((map) => Object.keys(map).length >= Number(least))],
  ['propertyNames', (schema, { file }) => ofNames(checkFor(schema, file))],
  ['additionalProperties', (schema, at) => ofOthers(checkFor(schema, at.file), at)],
]);

function textOf(operand: Json): string {
  return typeof operand === 'string' ? operand : unknownName('another operand than a text');
}

function textsOf(operand: Json): readonly string[] {
  return isJsonList(operand) ? operand.map(textOf) : [textOf(operand)];
}

function ofType(names: readonly string[]): Check {
  const tests = names.map((name) => own(types, name) ?? unknownName(name));
  const [first] = tests;
  if (first !== undefined && tests.length === 1) return first;
  return (value) => tests.some((test) => test(value));
}

const types: Readonly<Record<string, (value: Json) => boolean>> = {
  object: isJsonObject,
  array: isJsonList,
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  number: (value) => Number.isFinite(value),
  integer: (value) => Number.isInteger(value),
  null: (value) => value === null,
};

function unknownName(name: string): never {
  throw new TypeError(`no schema may use ${name} yet`);
}

function ofNumber(test: (value: number) => boolean): Check {
  return (value) => typeof value !== 'number' || test(value);
}

function ofText(test: (text: string) => boolean): Check {
  return (value) => typeof value !== 'string' || test(value);
}

function ofList(test: (list: readonly Json[]) => boolean): Check {
  return (value) => !isJsonList(value) || test(value);
}

function ofMap(test: (map: JsonObject) => boolean): Check {
  return (value) => !isJsonObject(value) || test(value);
}

function ofPattern(pattern: RegExp): Check {
  return ofText((text) => pattern.test(text));
}

function ofFormat(name: string): Check {
  if (name !== 'pawl-duration') return unknownName(name);
  return ofText((text) => parseDuration(text) !== undefined);
}

function referring(target: string): Check {
  return (value, filled) => checkOf(target)(value, filled);
}

function branches(schemas: Json, file: string): readonly Check[] {
  return isJsonList(schemas) ? schemas.map((schema) => checkFor(schema, file)) : [];
}

function negated(check: Check): Check {
  return (value) => !check(value, undefined);
}

function counted(checks: readonly Check[], isRight: (passing: number) => boolean): Check {
  return (value) => isRight(checks.filter((check) => check(value, undefined)).length);
}

function all(checks: readonly Check[]): Check {
  return (value, filled) => checks.every((check) => check(value, filled));
}

function conditional(condition: Json, { schema, file }: Schema): Check {
  const [asked, then, otherwise] = [condition, schema['then'] ?? true, schema['else'] ?? true].map((one) =>
    checkFor(one, file),
  );
  if (asked === undefined || then === undefined || otherwise === undefined) return always;
  return (value, filled) => (asked(value, undefined) ? then : otherwise)(value, filled);
}

function primitive(value: Json): Json {
  return typeof value === 'object' && value !== null ? unknownName('a list or map as a choice') : value;
}

function oneOfWords(words: ReadonlySet<Json>): Check {
  return (value) => words.has(value);
}

function ofEntries(check: Check): Check {
  return (value, filled) => !isJsonList(value) || value.every((entry) => check(entry, filled));
}

function ofFields({ schema, file }: Schema): Check {
  const fields = Object.entries(propertiesOf(schema)).map(([key, property]) => ({
    key,
    check: checkFor(property, file),
    preset: isJsonObject(property) ? property['default'] : undefined,
  }));
  const presets = fields.filter(({ preset }) => preset !== undefined);
  return (value, filled) => {
    if (!isJsonObject(value)) return true;
    if (filled !== undefined && presets.length > 0) fillIn(value, presets, filled);
    for (const { key, check } of fields) {
      const member = value[key];
      if (member !== undefined && !check(member, filled)) return false;
    }
    return true;
  };
}

/** Only into what `copyOf` made: nobody else can see the change. */
function fillIn(
  draft: Draft,
  presets: readonly { readonly key: string; readonly preset: Json | undefined }[],
  filled: Filled,
): void {
  for (const { key, preset } of presets) {
    if (preset === undefined || draft[key] !== undefined) continue;
    draft[key] = copyOf(preset);
    filled.push({ draft, key });
  }
}

function holding(names: readonly string[]): Check {
  return ofMap((map) => names.every((name) => map[name] !== undefined));
}

function ofNames(check: Check): Check {
  return ofMap((map) => Object.keys(map).every((key) => check(key, undefined)));
}

function propertiesOf({ properties }: JsonObject): JsonObject {
  return isJsonObject(properties) ? properties : {};
}

function ofOthers(check: Check, { schema }: Schema): Check {
  const known = new Set(Object.keys(propertiesOf(schema)));
  return (value, filled) => {
    if (!isJsonObject(value)) return true;
    for (const key of Object.keys(value)) if (!known.has(key) && !check(value[key] ?? null, filled)) return false;
    return true;
  };
}
