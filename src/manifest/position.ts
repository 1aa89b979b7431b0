import { isMap, isScalar, isSeq } from 'yaml';
import { parseYaml, type Document } from './document.ts';
import { writerOf } from './layer.ts';
import type { Problem } from './problem.ts';
import { problemAt, type Finding, type Path, type Source, type Span, type Within } from './text.ts';

/** A problem at the value that a path leads to, at its key or in its text where it says so, or at what is above it. */
export function problemIn(document: Document, path: Path, finding: Finding): Problem {
  if (finding.within !== undefined) return problemWithin(document, path, { ...finding, within: finding.within });
  const writer = writerOf(document, path);
  return problemAt(writer.source, spanOf(writer, path, finding.part ?? 'value'), finding);
}

interface Spans {
  readonly key: Span;
  readonly value: Span;
}

function spanOf(document: Document, path: Path, part: 'key' | 'value'): Span {
  const spans = spansOf(document);
  for (let length = path.length; length >= 0; length -= 1) {
    const found = spans.get(pathKey(path.slice(0, length)));
    // What is missing has no place of its own: the key of what should hold it is where to look.
    if (found !== undefined) return length < path.length ? found.key : found[part];
  }
  return [0, 0];
}

type Spanned = ReadonlyMap<string, Spans>;

interface Read {
  readonly contents: readonly ReturnType<typeof parseYaml>[number]['contents'][];
  readonly spans: Map<number, Spanned>;
}

// Positions are needed where something is wrong, and then for one document after another: keeping a syntax tree for
// every document of 10,000 files would cost hundreds of megabytes, reading one of them again a tenth of a millisecond.
// A file with hundreds of documents is read once for all of them, and a few are kept as a patch and its base alternate.
const read = new Map<Source, Read>();
const readMax = 4;

function spansOf(document: Document): Spanned {
  const { contents, spans: known } = readOf(document.source);
  const found = known.get(document.index);
  if (found !== undefined) return found;
  const spans = new Map<string, Spans>();
  const content = contents[document.index];
  const start = content?.range[0] ?? 0;
  if (content) collect(content, { path: '', key: [start, start + 1] }, spans);
  known.set(document.index, spans);
  return spans;
}

function readOf(source: Source): Read {
  const kept = read.get(source);
  const found = kept ?? { contents: parseYaml(source.text).map(({ contents }) => contents), spans: new Map() };
  read.delete(source);
  read.set(source, found);
  for (const oldest of read.keys()) {
    if (read.size <= readMax) break;
    read.delete(oldest);
  }
  return found;
}

function collect(node: unknown, at: { path: string; key: Span }, spans: Map<string, Spans>): void {
  spans.set(at.path, { key: at.key, value: rangeOf(node) ?? at.key });
  if (isMap(node)) {
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : '';
      collect(value, { path: `${at.path}\0${name}`, key: rangeOf(key) ?? at.key }, spans);
    }
  } else if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) {
      const span = rangeOf(item) ?? at.key;
      collect(item, { path: `${at.path}\0${index}`, key: span }, spans);
    }
  }
}

function rangeOf(node: unknown): Span | undefined {
  const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined;
  return Array.isArray(range) ? [Number(range[0]), Number(range[1])] : undefined;
}

function pathKey(path: Path): string {
  return path.map((part) => `\0${part}`).join('');
}

/**
 * A problem inside the text of a value: where the text stands in the file as it is, the place is exact; where it was
 * folded or escaped, it is the start of the value.
 */
export function problemWithin(document: Document, path: Path, finding: Finding & { readonly within: Within }): Problem {
  const { within } = finding;
  const writer = writerOf(document, path);
  const [start, end] = spanOf(writer, path, 'value');
  let at = writer.source.text.indexOf(within.text, start);
  for (let left = within.occurrence ?? 0; left > 0 && at >= 0; left -= 1)
    at = writer.source.text.indexOf(within.text, at + 1);
  if (within.text === '' || at < 0 || at >= end) return problemAt(writer.source, [start, end], finding);
  return problemAt(writer.source, [at + within.offset, at + within.text.length], finding);
}
