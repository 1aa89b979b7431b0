import type { Json } from './json.ts';
import { readFlow } from './plain-flow.ts';
import {
  BeyondPlain,
  goBeyond,
  isLineOver,
  plainDepthMax,
  plainKey,
  plainScalar,
  quotedEnd,
  withoutSpaces,
} from './plain-scalar.ts';

export interface PlainDocument {
  readonly value: Json;
  /** Which document of the file it is, empty ones counted. */
  readonly index: number;
  /** Offset of its first value. */
  readonly start: number;
}

/**
 * The documents of a text in plain YAML, the part of it that nearly all manifests are written in: maps and lists in
 * lines, collections in brackets on one line, texts with and without quotes, literal blocks. Undefined: the text goes
 * beyond that, or may be wrong, and the YAML library has the word. Whatever is accepted here, the library reads in the
 * same way; it takes ten times as long, because it keeps all that a formatter needs.
 */
export function readPlainYaml(text: string): readonly PlainDocument[] | undefined {
  if (beyond.test(text) || !text.endsWith('\n')) return undefined;
  try {
    return Array.from(partsOf(text)).flatMap(({ from, to, index }) => {
      const lines = new Lines(text, from, to);
      if (lines.isOver) return [];
      const { start, indent } = lines;
      const value = readMap(lines, indent, 0);
      if (!lines.isOver) goBeyond();
      return [{ value, index, start }];
    });
  } catch (reason) {
    if (reason instanceof BeyondPlain) return undefined;
    throw reason;
  }
}

// Control characters, spaces and line breaks of other kinds, directives and the other marks of documents.
const beyond = /[\u0000-\u0009\u000b-\u001f\u007f-\u00a0\u2028\u2029\ufeff]|^(?:---[^\n]|\.\.\.|%)/m;

/** Lines of three hyphens begin documents, wherever they stand; what is before the first one is one if it is anything. */
function* partsOf(text: string): Generator<{ readonly from: number; readonly to: number; readonly index: number }> {
  let [from, index] = [0, 0];
  for (let mark = markAt(text, 0); mark >= 0; mark = markAt(text, mark + 1)) {
    const isFirst = index === 0 && from === 0 && new Lines(text, 0, mark).isOver;
    if (!isFirst) yield { from, to: mark, index: index++ };
    from = mark + 4;
  }
  yield { from, to: text.length, index };
}

function markAt(text: string, from: number): number {
  if (from === 0 && text.startsWith('---\n')) return 0;
  const at = text.indexOf('\n---\n', Math.max(0, from - 1));
  return at < 0 ? -1 : at + 1;
}

/** Goes through the lines that are neither blank nor comments. */
class Lines {
  readonly text: string;
  readonly #to: number;
  /** Of the line's first character that is no space. */
  start = 0;
  /** Of the line break. */
  end: number;
  /** Of the first character in the line; in a list's entry, of the entry's. */
  indent = 0;

  constructor(text: string, from: number, to: number) {
    this.text = text;
    this.#to = to;
    this.end = from - 1;
    this.next();
  }

  get isOver(): boolean {
    return this.indent < 0;
  }

  next(): void {
    for (let from = this.end + 1; from < this.#to; from = this.end + 1) {
      this.end = this.text.indexOf('\n', from);
      this.start = from;
      while (this.text.charCodeAt(this.start) === space) this.start += 1;
      this.indent = this.start - from;
      if (this.start < this.end && this.text.charCodeAt(this.start) !== hash) return;
    }
    this.indent = -1;
  }

  /** The literal block that begins below the line; its first line says how far it is indented. */
  literal(above: number, chomp: string): string {
    const texts: string[] = [];
    let margin = 0;
    let from = this.end + 1;
    while (from < this.#to) {
      const end = this.text.indexOf('\n', from);
      let start = from;
      while (this.text.charCodeAt(start) === space) start += 1;
      if (margin === 0) {
        margin = start - from;
        if (start === end || margin <= above) goBeyond();
      }
      // A blank line that is longer than the margin holds spaces, of which the last lines have some that count.
      if (start === end && start - from > margin) goBeyond();
      if (start < end && start - from < margin) break;
      texts.push(this.text.slice(from + margin, end));
      from = end + 1;
    }
    if (margin === 0) goBeyond();
    this.end = from - 1;
    this.next();
    while (texts.at(-1) === '') texts.pop();
    return chomp === '-' ? texts.join('\n') : `${texts.join('\n')}\n`;
  }
}

const space = 0x20;
const hash = 0x23;
const hyphen = 0x2d;

function readMap(lines: Lines, indent: number, depth: number): Json {
  if (depth > plainDepthMax) goBeyond();
  const map: Record<string, Json> = {};
  while (lines.indent === indent && !startsEntry(lines)) {
    const { text, start, end } = lines;
    const colon = text.indexOf(':', start);
    if (colon < 0 || colon >= end) goBeyond();
    const key = plainKey(text.slice(start, colon));
    if (Object.hasOwn(map, key)) goBeyond();
    map[key] = isLineOver(text, colon + 1, end)
      ? readBelow(lines, indent, depth)
      : readOnLine(lines, colon + 1, { indent, depth });
  }
  if (lines.indent > indent) goBeyond();
  return map;
}

function readBelow(lines: Lines, indent: number, depth: number): Json {
  lines.next();
  if (lines.indent === indent && startsEntry(lines)) return readList(lines, indent, depth + 1);
  // A key without a value means null, which nobody writes on purpose.
  if (lines.indent <= indent) goBeyond();
  return startsEntry(lines) ? readList(lines, lines.indent, depth + 1) : readMap(lines, lines.indent, depth + 1);
}

function readList(lines: Lines, indent: number, depth: number): Json {
  if (depth > plainDepthMax) goBeyond();
  const list: Json[] = [];
  while (lines.indent === indent && startsEntry(lines)) {
    const { text, end } = lines;
    let from = lines.start + 1;
    while (text.charCodeAt(from) === space) from += 1;
    if (from >= end) goBeyond();
    if (mapEntry.test(text.slice(from, end))) {
      // The first field of a map stands on the line of the entry, the others below it.
      lines.indent += from - lines.start;
      lines.start = from;
      list.push(readMap(lines, lines.indent, depth + 1));
    } else list.push(readOnLine(lines, from, { indent, depth }));
  }
  if (lines.indent > indent) goBeyond();
  return list;
}

const mapEntry = /^[A-Za-z_][A-Za-z0-9_./-]*:(?: |$)/;

function startsEntry({ text, start, end }: Lines): boolean {
  return text.charCodeAt(start) === hyphen && (start + 1 === end || text.charCodeAt(start + 1) === space);
}

interface Level {
  readonly indent: number;
  readonly depth: number;
}

/** A value that begins on the line, and steps behind it. */
function readOnLine(lines: Lines, after: number, { indent, depth }: Level): Json {
  const { text, end } = lines;
  let from = after;
  while (text.charCodeAt(from) === space) from += 1;
  if (from === after && text.charCodeAt(after - 1) !== space) goBeyond();
  const first = text[from];
  if (first === '|') return readLiteral(lines, from, indent);
  if (first === '[' || first === '{') {
    const cursor = { text, at: from, to: end };
    const value = readFlow(cursor, depth + 1);
    return step(lines, cursor.at, value);
  }
  if (first === '"' || first === "'") {
    const closed = quotedEnd(text, from, end);
    return step(lines, closed, text.slice(from + 1, closed - 1));
  }
  const line = text.slice(from, end);
  const comment = line.indexOf(' #');
  return step(lines, end, plainScalar(withoutSpaces(line, 0, comment < 0 ? line.length : comment)));
}

function readLiteral(lines: Lines, from: number, indent: number): Json {
  const chomp = lines.text[from + 1] === '-' ? '-' : '';
  if (!isLineOver(lines.text, from + 1 + chomp.length, lines.end)) goBeyond();
  return lines.literal(indent, chomp);
}

function step(lines: Lines, closed: number, value: Json): Json {
  if (!isLineOver(lines.text, closed, lines.end)) goBeyond();
  lines.next();
  return value;
}
