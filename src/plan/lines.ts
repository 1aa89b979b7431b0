import { diffArrays } from 'diff';

export interface TextLine {
  readonly sign: ' ' | '+' | '-';
  readonly text: string;
}

export interface LineDiff {
  readonly lines: readonly TextLine[];
  /** Some lines were split at the ends of sentences. */
  readonly split: boolean;
}

/** Longer texts are compared by line, and longer lines by sentence. */
const lineCharsMax = 160;

/** Differences beyond this are shown as a whole: finding the shortest one costs the square of its length. */
const editsMax = 2_000;

/** Whether two texts are compared by line: where both are short and of one line, `before -> after` says it. */
export function isByLine(before: string | undefined, after: string | undefined): boolean {
  return isLong(before) || isLong(after);
}

/** Compares two texts by line; undefined where that says no more than `before -> after`. */
export function lineDiff(before: string | undefined, after: string | undefined): LineDiff | undefined {
  return isByLine(before, after) ? lineDiffOf(before, after) : undefined;
}

/** The same of texts that are compared by line. */
export function lineDiffOf(beforeText: string | undefined, afterText: string | undefined): LineDiff {
  // The line break that ends both texts ends their last line; when only one has it, the difference has to show.
  const areEnded = [beforeText, afterText].every((text) => text?.endsWith('\n') ?? true);
  const [before, after] = [beforeText, afterText].map((text) => (areEnded ? text?.slice(0, -1) : text));
  const isSplit = [before, after].some((text) => text?.split('\n').some((line) => sentences(line).length > 1));
  const split = isSplit ? compare(sentencesOf(before), sentencesOf(after)) : [];
  // A line break that took the place of a space is a difference between lines and none between sentences.
  if (split.some(({ sign }) => sign !== ' ')) return { lines: split, split: true };
  return { lines: compare(before?.split('\n') ?? [], after?.split('\n') ?? []), split: false };
}

function isLong(text: string | undefined): boolean {
  return text !== undefined && (text.length > lineCharsMax || text.includes('\n'));
}

function compare(before: readonly string[], after: readonly string[]): readonly TextLine[] {
  if (before.length === 0) return signed('+', after);
  if (after.length === 0) return signed('-', before);
  const parts = diffArrays([...before], [...after], { maxEditLength: editsMax });
  if (parts === undefined) return [...signed('-', before), ...signed('+', after)];
  return parts.flatMap((part) => signed(part.added ? '+' : part.removed ? '-' : ' ', part.value));
}

function signed(sign: TextLine['sign'], lines: readonly string[]): readonly TextLine[] {
  return lines.map((text) => ({ sign, text }));
}

function sentencesOf(text: string | undefined): readonly string[] {
  return text?.split('\n').flatMap(sentences) ?? [];
}

/** The space after a sentence belongs to neither side: a sentence that becomes the last one is still the same. */
function sentences(line: string): readonly string[] {
  return line.length > lineCharsMax ? line.split(/(?<=[.!?]) /) : [line];
}
