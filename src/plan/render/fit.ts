/** A piece of a document that can be cut between its units without anything in it staying open. */
export interface Part {
  /** What it is called where it is left out. */
  readonly title: string;
  /** Lower is kept longer. */
  readonly rank: number;
  readonly open: string;
  /** Made one after the other, so that what has no place is never made. */
  readonly units: () => Iterable<string>;
  readonly count: number;
  /** Between units. */
  readonly between: string;
  readonly close: string;
  /** What stands after the last unit that is shown. */
  readonly more: (hidden: number) => string;
  /** Of the whole document, at most; one that is not cut may have what is left. */
  readonly share: number;
  /** Entries that were not even made into units. */
  readonly hidden?: number;
}

export interface Fitted {
  /** In the order of the parts; empty where a part has no place. */
  readonly texts: readonly string[];
  /** Titles of parts that have no place, or only for some of their units. */
  readonly cut: readonly string[];
}

/**
 * As much of each part as there is place for, the most important ones first: each gets at most its share, and what the
 * others then leave goes to those that were cut.
 */
export function fit(parts: readonly Part[], bytes: number): Fitted {
  const order = [...parts].sort((a, b) => a.rank - b.rank);
  const fitted = new Map<Part, Filled>();
  let left = bytes;
  for (const limit of [(part: Part) => bytes * part.share, () => bytes]) {
    for (const part of order) {
      const before = fitted.get(part);
      if (before?.isWhole === true) continue;
      const had = before === undefined ? 0 : costOf(before);
      const filled = fill(part, Math.min(left + had - sizeOf(partBreak), Math.floor(limit(part))));
      left += had - costOf(filled);
      fitted.set(part, filled);
    }
  }
  const cut = parts.filter((part) => fitted.get(part)?.isWhole !== true);
  return { texts: parts.map((part) => fitted.get(part)?.text ?? ''), cut: cut.map(({ title }) => title) };
}

interface Filled {
  readonly text: string;
  readonly isWhole: boolean;
}

function costOf({ text }: Filled): number {
  return text === '' ? 0 : sizeOf(text) + sizeOf(partBreak);
}

/** Between two parts: a blank line ends whatever Markdown block came before. */
export const partBreak = '\n\n';

export function sizeOf(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

function fill(part: Part, bytes: number): Filled {
  const { open, units, count, between, close, more, hidden = 0 } = part;
  const frame = sizeOf(open) + sizeOf(close);
  // The line that says how many are missing is paid for up front: it must fit wherever the cut comes.
  const note = sizeOf(between) + sizeOf(more(count + hidden));
  let used = frame;
  const shown: string[] = [];
  for (const unit of units()) {
    const size = sizeOf(unit) + sizeOf(between);
    const isLast = shown.length === count - 1 && hidden === 0;
    if (used + size + (isLast ? 0 : note) > bytes) break;
    used += size;
    shown.push(unit);
  }
  const missing = count - shown.length + hidden;
  if (shown.length === 0 && count > 0) return { text: '', isWhole: false };
  if (frame > bytes) return { text: '', isWhole: false };
  if (missing > 0) shown.push(more(missing));
  return { text: `${open}${shown.join(between)}${close}`, isWhole: missing === hidden };
}

/** Each of them through a function, when it is asked for. */
export function* each<T>(entries: Iterable<T>, make: (entry: T) => string): Generator<string> {
  for (const entry of entries) yield make(entry);
}
