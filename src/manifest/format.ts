import { CST, Parser } from 'yaml';
import { digest } from './digest.ts';
import { parseDocuments, type Document, type SourceFile } from './document.ts';
import { Printer } from './format-print.ts';
import { isJsonObject } from './json.ts';
import type { Problem } from './problem.ts';
import { problemAt } from './text.ts';

export type Formatted =
  /** What the file should be; the same text where nothing is to change. */
  | { readonly kind: 'manifest'; readonly before: string; readonly after: string }
  /** No document of it is pawl's. */
  | { readonly kind: 'foreign' }
  /** It could not be read, or not be written again safely. */
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] };

/**
 * A file of manifests in the one way to write it. Comments, and the order below `metadata` and `spec`, are the author's.
 * Whatever comes out is read again: it says what the file said, with the same comments, or the file is refused.
 */
export function format(file: SourceFile): Formatted {
  const { documents, problems } = parseDocuments(file);
  const [first] = documents;
  if (problems.length > 0) return { kind: 'refused', problems };
  if (first === undefined || !documents.some(isOurs)) return { kind: 'foreign' };
  const before = first.source.text;
  const after = rewrite(before, documents);
  if (isSame(file.path, { documents, before, after })) return { kind: 'manifest', before: original(file), after };
  const finding = {
    code: 'format.unsafe',
    message: 'The file cannot be formatted without a risk to what it says; it is left as it is.',
    help: 'Write what is unusual in it (anchors, explicit keys, odd indents) in a plainer way, or split it.',
  };
  return { kind: 'refused', problems: [problemAt(first.source, 0, finding)] };
}

/** With its line ends and byte order mark, which formatting takes away. */
function original({ bytes }: SourceFile): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

function isOurs({ value }: Document): boolean {
  const version = isJsonObject(value) ? value['apiVersion'] : undefined;
  return typeof version === 'string' && version.startsWith('pawl/');
}

function rewrite(text: string, documents: readonly Document[]): string {
  const ours = new Set(documents.filter(isOurs).map(({ index }) => index));
  const printer = new Printer();
  let index = -1;
  for (const token of tokensOf(text)) {
    if (token.type === 'document') index += 1;
    if (token.type !== 'document' || ours.has(index)) printer.top(inOrder(token));
    else printer.verbatim(CST.stringify(token));
  }
  return printer.text;
}

function tokensOf(text: string): CST.Token[] {
  return [...new Parser().parse(text.replaceAll('\r\n', '\n'))];
}

const topOrder = ['apiVersion', 'kind', 'metadata', 'spec'];
const metadataOrder = ['name', 'namespace', 'labels', 'annotations', 'renamedFrom'];

/** The head of a document in the order that readers expect. */
function inOrder(token: CST.Token): CST.Token {
  if (token.type !== 'document' || token.value?.type !== 'block-map') return token;
  const items = token.value.items.map((item) =>
    nameOf(item) === 'metadata' && item.value?.type === 'block-map'
      ? { ...item, value: { ...item.value, items: ordered(item.value.items, metadataOrder) } }
      : item,
  );
  return { ...token, value: { ...token.value, items: ordered(items, topOrder) } };
}

type Items = CST.BlockMap['items'];

/** An entry without a key holds comments, and stays behind the entry that it follows. */
function ordered(items: Items, names: readonly string[]): Items {
  const groups: Items[] = [];
  for (const item of items) {
    const last = groups.at(-1);
    if (item.key || item.sep || last === undefined) groups.push([item]);
    else last.push(item);
  }
  const rank = (group: Items): number => {
    const index = names.indexOf(nameOf(group[0]) ?? '');
    return index < 0 ? names.length : index;
  };
  return groups.sort((a, b) => rank(a) - rank(b)).flat() as Items;
}

function nameOf(item: CST.CollectionItem | undefined): string | undefined {
  const key = item?.key;
  return key && CST.isScalar(key) && 'source' in key ? CST.resolveAsScalar(key)?.value : undefined;
}

interface Rewritten {
  readonly documents: readonly Document[];
  readonly before: string;
  readonly after: string;
}

function isSame(path: string, { documents, before, after }: Rewritten): boolean {
  const again = parseDocuments({ path, bytes: new TextEncoder().encode(after) });
  if (again.problems.length > 0 || again.documents.length !== documents.length) return false;
  const same = documents.every((document, index) => digestOf(document) === digestOf(again.documents[index]));
  return same && commentsOf(before) === commentsOf(after) && rewrite(after, again.documents) === after;
}

function digestOf(document: Document | undefined): string | undefined {
  return document === undefined ? undefined : digest({ value: document.value });
}

/** All comments of a text, in an order that does not depend on where they stand. */
export function commentsOf(text: string): string {
  const found: string[] = [];
  const seek = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(seek);
    else if (typeof value === 'object' && value !== null) {
      if ('type' in value && value.type === 'comment' && 'source' in value) found.push(String(value.source).trimEnd());
      else Object.values(value).forEach(seek);
    }
  };
  seek(tokensOf(text));
  return found.sort().join('\n');
}
