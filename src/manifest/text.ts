import type { Problem } from './problem.ts';

/** Text that positions are counted in: LF ends a line, columns are UTF-16 code units. */
export interface Source {
  /** As it may be printed. */
  readonly file: string;
  readonly text: string;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const byteOrderMark = '\ufeff';

/** UTF-8 without NUL, with a byte order mark at most at the start (and left out of the text). */
export function decodeText(bytes: Uint8Array, file: string): { source: Source; problems: Problem[] } {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    const source = { file, text: '' };
    const message = 'The file is not valid UTF-8.';
    return { source, problems: [problemAt(source, 0, { code: 'yaml.encoding', message, help: 'Save it as UTF-8.' })] };
  }
  const source = { file, text: text.startsWith(byteOrderMark) ? text.slice(1) : text };
  const nul = source.text.indexOf('\0');
  if (nul >= 0) {
    const message = 'The file holds a NUL character; text in UTF-16 looks like that too.';
    return { source, problems: [problemAt(source, nul, { code: 'yaml.nul', message, help: 'Save it as UTF-8.' })] };
  }
  const mark = source.text.indexOf(byteOrderMark);
  if (mark >= 0) {
    const message = 'A byte order mark may stand only at the start of a file.';
    return { source, problems: [problemAt(source, mark, { code: 'yaml.encoding', message, help: 'Remove it.' })] };
  }
  return { source, problems: [] };
}

/** What is wrong, before it has a place. */
export interface Finding {
  readonly code: string;
  readonly message: string;
  readonly severity?: Problem['severity'];
  readonly help?: string | undefined;
  readonly address?: string | undefined;
  readonly blocks?: Problem['blocks'];
  readonly lacks?: string | undefined;
  /** Whether the key of a field is meant, or (unless it says so) its value. */
  readonly part?: 'key' | 'value';
  /** Where in the text of the value, counted from its start. */
  readonly within?: Within;
}

export interface Within {
  readonly text: string;
  readonly offset: number;
  /** How often the text stands in the value before this. */
  readonly occurrence?: number;
}

/** Keys and indexes from the top of a document. */
export type Path = readonly (string | number)[];

/** Offsets of the first character and of what follows the last. */
export type Span = readonly [start: number, end: number];

/** A problem at an offset of a source, or at the token of a span. */
export function problemAt(source: Source, at: number | Span, finding: Finding): Problem {
  const [offset, end] = typeof at === 'number' ? [at] : at;
  const { line, column } = lineAndColumn(source.text, offset);
  return {
    code: finding.code,
    severity: finding.severity ?? 'error',
    message: finding.message,
    file: source.file,
    line,
    column,
    ...(end === undefined ? {} : { endColumn: column + Math.max(1, widthOnLine(source.text, offset, end)) }),
    ...(finding.help === undefined ? {} : { help: finding.help }),
    ...(finding.address === undefined ? {} : { address: finding.address }),
    ...(finding.blocks === undefined ? {} : { blocks: finding.blocks }),
    ...(finding.lacks === undefined ? {} : { lacks: finding.lacks }),
  };
}

export function lineAndColumn(text: string, offset: number): { line: number; column: number } {
  const starts = lineStarts(text);
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
}

function widthOnLine(text: string, offset: number, end: number): number {
  const line = text.indexOf('\n', offset);
  return Math.min(end, line < 0 ? text.length : line) - offset;
}

// One file is reported on at a time: its lines are counted once, and nothing of other files is kept.
let counted: { text: string; starts: readonly number[] } = { text: '', starts: [0] };

function lineStarts(text: string): readonly number[] {
  if (counted.text === text) return counted.starts;
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  counted = { text, starts };
  return starts;
}
