import { Document, isMap, isScalar, isSeq, Scalar, visit, type ToStringOptions } from 'yaml';
import { canonicalText } from './digest.ts';
import { parseDocuments, parseYaml } from './document.ts';
import { mergeLines } from './edit-lines.ts';
import { commentsOf } from './format.ts';
import { isJsonObject, type Json } from './json.ts';
import type { Path } from './text.ts';

/** One value of a document to be written, or to be removed where there is none. */
export interface Edit {
  readonly path: Path;
  readonly value: Json | undefined;
}

/** A file of manifests, by its path and its text. */
export interface EditedFile {
  readonly path: string;
  readonly text: string;
}

/**
 * The text of a file with one of its documents changed, and all else as it was: comments, order, line ends, the way in
 * which other values are written. Undefined: it cannot be done without a risk to what the file says.
 */
export function editDocument(file: EditedFile, index: number, edits: readonly Edit[]): string | undefined {
  return withPlainLines(file.text, (text) =>
    isJson(file.path) ? editJson(text, edits) : editYaml({ ...file, text }, index, edits),
  );
}

/** The text without one of its documents; empty where nothing is left. */
export function removeDocument(file: EditedFile, index: number): string | undefined {
  return withPlainLines(file.text, (text) => {
    const before = valuesOf({ ...file, text });
    if (before === undefined) return undefined;
    const kept = before.filter((_value, at) => at !== index);
    if (kept.every((value) => value === undefined)) return '';
    const starts = startsOf(text);
    const [start = 0, end = text.length] = [starts[index], starts[index + 1]];
    // The mark at the start of what follows stood between the two.
    const rest = index === 0 ? text.slice(end).replace(/^---[ \t]*\n/, '') : text.slice(end);
    const after = text.slice(0, start) + rest;
    return isSameValues(valuesOf({ ...file, text: after }), kept) ? after : undefined;
  });
}

/** A new document as authors would write it. */
export function writeDocument(path: string, value: Json): string {
  if (isJson(path)) return `${JSON.stringify(value, null, 2)}\n`;
  const document = new Document(value);
  visit(document, blocks);
  return document.toString(printed);
}

/** The text of a file with another document at its end; undefined where a file holds one document and no more. */
export function appendDocument({ path, text }: EditedFile, value: Json): string | undefined {
  if (text.trim() === '') return writeDocument(path, value);
  if (isJson(path)) return undefined;
  return withPlainLines(text, (plain) => `${plain.replace(/\n*$/, '\n')}---\n${writeDocument(path, value)}`);
}

const printed: ToStringOptions = { lineWidth: 0, indentSeq: true, directives: false };

function isJson(path: string): boolean {
  return path.endsWith('.json');
}

/** Works on lines that end in a line feed, and gives the file the ends that it had. */
function withPlainLines(text: string, work: (text: string) => string | undefined): string | undefined {
  const mark = text.startsWith('\uFEFF') ? '\uFEFF' : '';
  const plain = text.slice(mark.length).replaceAll('\r\n', '\n');
  const worked = work(plain);
  if (worked === undefined) return undefined;
  return mark + (text.includes('\r\n') ? worked.replaceAll('\n', '\r\n') : worked);
}

function editYaml(file: EditedFile, index: number, edits: readonly Edit[]): string | undefined {
  const { text } = file;
  const [document, other] = [parseYaml(text)[index], parseYaml(text)[index]];
  const before = valuesOf(file);
  if (document === undefined || other === undefined || before === undefined) return undefined;
  const baseline = document.toString(printed);
  try {
    for (const edit of edits) writeNode(document, edit);
  } catch {
    // An alias or a scalar stands in the way: what else it stands for is not known here.
    return undefined;
  }
  const edited = document.toString(printed);
  const [value] = valuesOf({ ...file, text: edited }) ?? [];
  const wanted = before.map((old, at) => (at === index ? value : old));
  if (value === undefined) return undefined;
  const starts = startsOf(text);
  const [start = 0, end = text.length] = [starts[index], starts[index + 1]];
  const part = text.slice(start, end);
  const mark = index === 0 ? '' : '---\n';
  for (const fresh of [mergeLines(part, { from: baseline, to: edited }), mark + edited]) {
    const after = text.slice(0, start) + (fresh ?? '') + text.slice(end);
    if (fresh === undefined || !isSameValues(valuesOf({ ...file, text: after }), wanted)) continue;
    if (commentsOf(fresh) === commentsOf(edited)) return after;
  }
  return undefined;
}

type Parsed = ReturnType<typeof parseYaml>[number];

function writeNode(document: Parsed, { path, value }: Edit): void {
  if (value === undefined) {
    document.deleteIn(path);
    prune(document, path.slice(0, -1));
    return;
  }
  const old = document.getIn(path, true);
  if (isScalar(old) && typeof value !== 'object') {
    old.value = value;
    // How the old value was written says nothing of the new one.
    delete old.source;
    delete old.format;
    delete old.minFractionDigits;
    asBlock(old);
    return;
  }
  const node = document.createNode(value);
  visit(node, blocks);
  if (isScalar(old) && old.value === null && path.length > 0) document.deleteIn(path);
  document.setIn(path, node);
}

/** A map that holds nothing any more says nothing. */
function prune(document: Parsed, path: Path): void {
  if (path.length < 2) return;
  const holder = document.getIn(path);
  if ((!isMap(holder) && !isSeq(holder)) || holder.items.length > 0 || isSeq(holder)) return;
  document.deleteIn(path);
  prune(document, path.slice(0, -1));
}

const blocks = {
  Scalar: (_key: unknown, node: Scalar): void => asBlock(node),
};

/** A text of several lines is written as such. */
function asBlock(node: Scalar): void {
  if (typeof node.value !== 'string' || !node.value.includes('\n')) return;
  if (node.type !== Scalar.BLOCK_FOLDED && node.type !== Scalar.QUOTE_DOUBLE) node.type = Scalar.BLOCK_LITERAL;
}

/** Where each document begins: at its mark, or at the start of the text. */
function startsOf(text: string): readonly number[] {
  return parseYaml(text).map((document, index) => {
    if (index === 0) return 0;
    const content = document.contents?.range?.[0] ?? document.range[0];
    return text.lastIndexOf('\n---', content) + 1;
  });
}

/** The values of all documents, in place; undefined where one of them cannot be read. */
function valuesOf({ path, text }: EditedFile): readonly (Json | undefined)[] | undefined {
  const { documents, problems } = parseDocuments({ path, bytes: new TextEncoder().encode(text) });
  if (problems.length > 0) return undefined;
  const values: (Json | undefined)[] = parseYaml(text).map(() => undefined);
  for (const { index, value } of documents) values[index] = value;
  return values;
}

function isSameValues(
  found: readonly (Json | undefined)[] | undefined,
  wanted: readonly (Json | undefined)[],
): boolean {
  const textOf = (values: readonly (Json | undefined)[]): string => canonicalText(values.map((one) => one ?? null));
  return found !== undefined && textOf(found) === textOf(wanted);
}

function editJson(text: string, edits: readonly Edit[]): string | undefined {
  const value: unknown = JSON.parse(text);
  if (!isJsonObject(value)) return undefined;
  const indent = /^[ \t]+/m.exec(text)?.[0] ?? 2;
  const print = (json: Json): string => JSON.stringify(json, null, indent);
  const edited = edits.reduce<Json>((json, edit) => withValue(json, edit.path, edit.value), value);
  for (const part of [mergeLines(text, { from: print(value), to: print(edited) }), `${print(edited)}\n`]) {
    if (part !== undefined && isSameJson(part, edited)) return part;
  }
  return undefined;
}

function isSameJson(text: string, value: Json): boolean {
  try {
    return canonicalText(JSON.parse(text) as Json) === canonicalText(value);
  } catch {
    // A line that was put in the wrong place: the next way is tried.
    return false;
  }
}

function withValue(holder: Json | undefined, [key, ...rest]: Path, value: Json | undefined): Json {
  if (key === undefined) return value ?? null;
  if (Array.isArray(holder)) {
    const list: Json[] = [...holder];
    const at = Number(key);
    if (rest.length === 0 && value === undefined) list.splice(at, 1);
    else list[at] = withValue(list[at], rest, value);
    return list;
  }
  const entries = new Map(isJsonObject(holder) ? Object.entries(holder) : []);
  if (rest.length === 0 && value === undefined) entries.delete(String(key));
  else entries.set(String(key), withValue(entries.get(String(key)), rest, value));
  return Object.fromEntries(entries);
}
