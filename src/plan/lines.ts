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

/** Compares two texts by line; undefined where both are short and of one line, so that `before -> after` says it. */
export function lineDiff(beforeText: string | undefined, afterText: string | undefined): LineDiff | undefined {
  if (!isLong(beforeText) && !isLong(afterText)) return undefined;
  // The line break that ends both texts ends their last line; when only one has it, the difference has to show.
  const areEnded = [beforeText, afterText].every((text) => text?.endsWith('\n') ?? true);
  const [before, after] = [beforeText, afterText].map((text) => (areEnded ? text?.slice(0, -1) : text));
  const whole = compare(before?.split('\n') ?? [], after?.split('\n') ?? []);
  const split = compare(sentencesOf(before), sentencesOf(after));
  const isSplit = [before, after].some((text) => text?.split('\n').some((line) => sentences(line).length > 1));
  // A line break that took the place of a space is a difference between lines and none between sentences.
  return isSplit && split.some(({ sign }) => sign !== ' ')
    ? { lines: split, split: true }
    : { lines: whole, split: false };
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
