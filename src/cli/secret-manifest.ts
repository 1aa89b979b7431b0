import { isDeepStrictEqual } from 'node:util';
import { isMap, isScalar, type Pair, type Scalar, type YAMLMap } from 'yaml';
import { exitCodes, TerminalError } from '../errors.ts';
import { type Document, parseDocuments, parseYaml } from '../manifest/document.ts';
import { isJsonObject, type Json } from '../manifest/json.ts';
import { objectAt } from '../manifest/manifest-reference.ts';

export interface KeyToWrite {
  /** As the author named it, for messages. */
  readonly file: string;
  /** `name` or `namespace/name`; not needed where the file declares one Secret of source `age`. */
  readonly secret: string | undefined;
  readonly key: string;
  readonly ciphertext: string;
}

/** The text of a manifest with one key of a Secret set; every other character stays as it is, comments included. */
export function withCiphertext(text: string, wanted: KeyToWrite): string {
  const before = documentsOf(text, wanted.file);
  const document = chosenSecret(before, wanted);
  const root = parseYaml(text)[document.index]?.contents;
  const spec = isMap(root) ? root.get('spec', true) : undefined;
  if (!isMap(spec)) throw unfit(wanted.file, `has no \`spec\` in its Secret`);
  const keys = spec.get('keys', true);
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const after = isMap(keys)
    ? inKeys({ text, eol }, keys as YAMLMap<Scalar, Scalar>, wanted)
    : inSpec({ text, eol }, spec as YAMLMap<Scalar, Scalar>, wanted);
  assertOnlyChange(before, { after, at: before.indexOf(document) }, wanted);
  return after;
}

function documentsOf(text: string, file: string): readonly Document[] {
  const { documents, problems } = parseDocuments({ path: 'manifest.yaml', bytes: Buffer.from(text) });
  const [problem] = problems.filter(({ severity }) => severity === 'error');
  if (problem === undefined) return documents;
  throw unfit(file, `cannot be read: line ${problem.line}: ${problem.message}`);
}

function chosenSecret(documents: readonly Document[], { file, secret }: KeyToWrite): Document {
  const secrets = documents.filter(({ value }) => isJsonObject(value) && value['kind'] === 'Secret');
  const named = secret === undefined ? secrets : secrets.filter((document) => isNamed(document, secret));
  const ofAge = named.filter(({ value }) => isJsonObject(value) && objectAt(value, 'spec')['source'] === 'age');
  const [first, second] = ofAge;
  if (first !== undefined && second === undefined) return first;
  if (second !== undefined) throw unfit(file, 'declares several Secrets of source `age`: say which with --secret');
  const what = secret === undefined ? 'Secret' : `Secret ${secret}`;
  if (named.length > 0)
    throw unfit(file, `declares the ${what} with another source: write \`source: age\` there first`);
  throw unfit(file, `declares no ${what}`);
}

function isNamed({ value }: Document, secret: string): boolean {
  if (!isJsonObject(value)) return false;
  const { name, namespace = 'default' } = objectAt(value, 'metadata');
  if (typeof name !== 'string' || typeof namespace !== 'string') return false;
  return secret === name || secret === `${namespace}/${name}`;
}

interface Text {
  readonly text: string;
  readonly eol: string;
}

function inKeys(source: Text, keys: YAMLMap<Scalar, Scalar>, wanted: KeyToWrite): string {
  const { text } = source;
  const pair = keys.items.find(({ key }) => key.value === wanted.key);
  const [start, end] = rangeOf(keys);
  if (keys.flow === true) {
    const quoted = JSON.stringify(wanted.ciphertext);
    if (pair !== undefined) return spliced(text, valueRange(pair), quoted);
    const last = keys.items.at(-1);
    const entry = `${JSON.stringify(wanted.key)}: ${quoted}`;
    if (last !== undefined) return spliced(text, [valueRange(last)[1], valueRange(last)[1]], `, ${entry}`);
    return spliced(text, [start + 1, end - 1], ` ${entry} `);
  }
  const first = keys.items[0];
  const indent = columnOf(text, first === undefined ? start : rangeOf(first.key)[0]);
  if (pair === undefined) return appended(source, keys, block(source, wanted, { indent }));
  const [from, to] = [rangeOf(pair.key)[0], valueRange(pair)[1]];
  // What is said beside the old value goes on being said beside the new one.
  const written = text.slice(valueRange(pair)[0], to);
  const isBlock = /^[|>]/.test(written);
  const beside = isBlock ? /^[^\r\n]*/.exec(written)?.[0] : /^[^\r\n]*/.exec(text.slice(to))?.[0];
  const comment = /(?:^|\s)(#.*)$/.exec(beside ?? '')?.[1];
  const until = isBlock ? to : to + (beside ?? '').length;
  const lines = block(source, wanted, { indent, comment }).slice(indent);
  return spliced(text, [from, until], isBlock ? lines : lines.trimEnd());
}

/** `spec` has no `keys` yet. */
function inSpec(source: Text, spec: YAMLMap<Scalar, Scalar>, wanted: KeyToWrite): string {
  const first = spec.items[0];
  if (spec.flow === true || first === undefined) throw unfit(wanted.file, 'has a `spec` in braces without `keys`');
  const indent = columnOf(source.text, rangeOf(first.key)[0]);
  return appended(
    source,
    spec,
    `${' '.repeat(indent)}keys:${source.eol}${block(source, wanted, { indent: indent + 2 })}`,
  );
}

/** The key with its value as a block, each line with its break. */
function block(
  { eol }: Text,
  { key, ciphertext }: KeyToWrite,
  { indent, comment }: { readonly indent: number; readonly comment?: string | undefined },
): string {
  const name = /^[A-Za-z_][\w.-]*$/.test(key) && !/^(?:true|false|null|yes|no|on|off)$/i.test(key) ? key : `'${key}'`;
  const lines = ciphertext
    .trimEnd()
    .split('\n')
    .map((line) => ' '.repeat(indent + 2) + line);
  return [`${' '.repeat(indent)}${name}: |${comment === undefined ? '' : ` ${comment}`}`, ...lines, ''].join(eol);
}

/** `lines` behind the last entry of a map in block style, and before what follows it. */
function appended({ text, eol }: Text, map: YAMLMap<Scalar, Scalar>, lines: string): string {
  const last = map.items.at(-1);
  const end = last === undefined ? rangeOf(map)[1] : valueRange(last)[1];
  if (text[end - 1] === '\n') return spliced(text, [end, end], lines);
  const line = text.indexOf('\n', end);
  return line < 0 ? `${text}${eol}${lines}` : spliced(text, [line + 1, line + 1], lines);
}

function valueRange({ key, value }: Pair<Scalar, Scalar>): readonly [number, number] {
  return value === null || value === undefined ? [rangeOf(key)[1] + 1, rangeOf(key)[1] + 1] : rangeOf(value);
}

function rangeOf(node: unknown): readonly [number, number] {
  const range = (isMap(node) || isScalar(node) ? node.range : undefined) ?? undefined;
  if (range === undefined) throw new TypeError('a parsed node has a range');
  return [range[0], range[1]];
}

function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf('\n', offset - 1) + 1);
}

function spliced(text: string, [start, end]: readonly [number, number], insert: string): string {
  return text.slice(0, start) + insert + text.slice(end);
}

/** The file is written only if it then says what it said, and the new value. */
function assertOnlyChange(
  before: readonly Document[],
  { after, at }: { readonly after: string; readonly at: number },
  { file, key, ciphertext }: KeyToWrite,
): void {
  const expected = before.map(({ value }, index) => (index === at ? withKey(value, key, ciphertext) : value));
  const found = documentsOf(after, file).map(({ value }) => value);
  if (!isDeepStrictEqual(found.map(trimmed), expected.map(trimmed))) {
    throw unfit(file, 'is written in a way that cannot be edited safely: paste the block yourself');
  }
}

function withKey(value: Json, key: string, ciphertext: string): Json {
  if (!isJsonObject(value)) return value;
  const spec = objectAt(value, 'spec');
  return { ...value, spec: { ...spec, keys: { ...objectAt(spec, 'keys'), [key]: ciphertext } } };
}

/** A block ends with a line break, whatever the text did. */
function trimmed(value: Json): Json {
  return JSON.parse(JSON.stringify(value).replaceAll('-----\\n"', '-----"')) as Json;
}

function unfit(file: string, what: string): TerminalError {
  return new TerminalError(`${file} ${what}.`, {
    code: 'secret.manifest',
    help: 'Leave --file out to have the block printed.',
    exit: exitCodes.usage,
  });
}
