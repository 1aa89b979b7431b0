import { isAlias, isCollection, isMap, isScalar, isSeq, type Node, type Pair, type Scalar } from 'yaml';
import type { Json } from './json.ts';
import { aliasesMax, depthMax, valuesMax } from './limits.ts';
import { shownText } from './shown.ts';
import type { Finding } from './text.ts';

export type Report = (offset: number, finding: Finding, end?: number) => void;

/** An anchor's value is shared by its aliases; its size counts again at each of them. */
interface Anchored {
  readonly value: Json;
  readonly values: number;
  readonly aliases: number;
}

interface Reader {
  readonly report: Report;
  readonly anchors: Map<string, Anchored | 'open'>;
  values: number;
  aliases: number;
  /** Set once a limit is passed: what follows is not read. */
  stopped: boolean;
}

/** The plain value of a parsed node; undefined where nothing could be made of it, and then something was reported. */
export function nodeValue(node: Node | null, report: Report): Json | undefined {
  return read(node, { report, anchors: new Map(), values: 0, aliases: 0, stopped: false }, 0);
}

function read(node: unknown, reader: Reader, depth: number): Json | undefined {
  if (reader.stopped) return undefined;
  if (node === null) return null;
  const values = reader.values;
  const aliases = reader.aliases;
  reader.values += 1;
  if (isAlias(node)) return aliased(node.source, reader, rangeOf(node));
  if (!isScalar(node) && !isCollection(node)) return null;
  if (node.tag !== undefined) {
    refuse(reader, node, { code: 'yaml.tag', message: 'Tags are not allowed.', help: 'Remove the tag.' });
    return undefined;
  }
  const anchor = node.anchor;
  if (anchor !== undefined) reader.anchors.set(anchor, 'open');
  const value = isScalar(node) ? scalar(node, reader) : collection(node, reader, depth + 1);
  if (anchor !== undefined && value !== undefined) {
    reader.anchors.set(anchor, { value, values: reader.values - values, aliases: reader.aliases - aliases });
  }
  return value;
}

function aliased(name: string, reader: Reader, range: readonly [number, number]): Json | undefined {
  const anchored = reader.anchors.get(name);
  if (anchored === undefined || anchored === 'open') {
    const message =
      anchored === undefined
        ? `The alias \`*${shownText(name)}\` has no anchor before it.`
        : `The anchor \`&${shownText(name)}\` holds itself.`;
    reader.report(range[0], { code: 'yaml.alias', message }, range[1]);
    return undefined;
  }
  reader.values += anchored.values - 1;
  reader.aliases += anchored.aliases + 1;
  if (reader.aliases > aliasesMax || reader.values > valuesMax) {
    const message = `The document expands more than ${aliasesMax} aliases or ${valuesMax} values.`;
    reader.report(range[0], { code: 'yaml.alias', message, help: 'Write the values out.' }, range[1]);
    reader.stopped = true;
    return undefined;
  }
  return anchored.value;
}

function collection(node: { items: unknown[] }, reader: Reader, depth: number): Json | undefined {
  if (depth > depthMax) {
    refuse(reader, node, {
      code: 'yaml.depth',
      message: `Maps and lists may nest ${depthMax} levels.`,
      help: 'Nest less.',
    });
    reader.stopped = true;
    return undefined;
  }
  if (isSeq(node)) return node.items.map((item) => read(item, reader, depth) ?? null);
  const result: Record<string, Json> = {};
  if (!isMap(node)) return result;
  for (const pair of node.items) {
    const key = keyOf(pair, reader, result);
    const value = read(pair.value, reader, depth);
    if (key !== undefined && value !== undefined) result[key] = value;
  }
  return result;
}

/** Keys that JavaScript gives a meaning of its own. */
const reservedKeys = new Set(['__proto__', 'constructor', 'prototype']);

function keyOf(pair: Pair, reader: Reader, before: Readonly<Record<string, Json>>): string | undefined {
  const node = pair.key;
  if (!isScalar(node) || typeof node.value !== 'string') {
    const help = 'Write the key as a string, quoted where it looks like something else.';
    refuse(reader, node ?? pair.value, { code: 'yaml.key', message: 'A key must be a string.', help });
    return undefined;
  }
  const key = node.value;
  const finding = keyFinding(key, node, before);
  if (finding === undefined) return key;
  refuse(reader, node, finding);
  return undefined;
}

function keyFinding(key: string, node: Scalar, before: Readonly<Record<string, Json>>): Finding | undefined {
  if (node.tag !== undefined) return { code: 'yaml.tag', message: 'Tags are not allowed.', help: 'Remove the tag.' };
  if (key === '<<') {
    return {
      code: 'yaml.merge_key',
      message: 'Merge keys (`<<`) are not part of YAML 1.2.',
      help: 'Write the fields out.',
    };
  }
  if (reservedKeys.has(key))
    return { code: 'yaml.key', message: `The key \`${key}\` is reserved.`, help: 'Use another name.' };
  if (Object.hasOwn(before, key)) {
    return { code: 'yaml.duplicate_key', message: 'The key stands twice in one map.', help: 'Keep one of the two.' };
  }
  return textFinding(key);
}

function scalar(node: Scalar, reader: Reader): Json | undefined {
  const value = node.value;
  if (typeof value === 'string') {
    const finding = textFinding(value);
    if (finding === undefined) return value;
    refuse(reader, node, finding);
    return undefined;
  }
  if (typeof value === 'bigint' || typeof value === 'number') return numberValue(value, node, reader);
  if (typeof value === 'boolean' || value === null) return value;
  refuse(reader, node, { code: 'yaml.tag', message: 'The value is of a type that manifests do not have.' });
  return undefined;
}

/** Either would be refused by Postgres or change on its way through UTF-8. */
function textFinding(text: string): Finding | undefined {
  if (!strange.test(text)) return undefined;
  if (text.includes('\0')) return { code: 'yaml.nul', message: 'The text holds a NUL character.', help: 'Remove it.' };
  return {
    code: 'yaml.surrogate',
    message: 'The text holds half of a surrogate pair.',
    help: 'Write the character itself.',
  };
}

// NUL is what is looked for, beside halves of surrogate pairs.
const strange = /[\u0000\p{Cs}]/u;

function numberValue(written: bigint | number, node: Scalar, reader: Reader): number | undefined {
  const value = Number(written);
  if (Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value)))
    return value === 0 ? 0 : value;
  const message = Number.isFinite(value)
    ? 'The integer is beyond 2^53 and would be rounded.'
    : 'The number is not finite.';
  refuse(reader, node, { code: 'yaml.number', message, help: 'Write it as a string, or use a smaller one.' });
  return undefined;
}

function refuse(reader: Reader, node: unknown, finding: Finding): void {
  const range = rangeOf(node);
  reader.report(range[0], finding, range[1]);
}

function rangeOf(node: unknown): readonly [number, number] {
  if ((isScalar(node) || isCollection(node) || isAlias(node)) && node.range) return [node.range[0], node.range[1]];
  return [0, 0];
}
