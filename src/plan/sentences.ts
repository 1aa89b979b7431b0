import { diffArrays } from 'diff';
import { neutral } from '../manifest/neutral.ts';
import type { PromptLine } from './section.ts';

/** Unchanged sentences shown before and after each change. */
const contextMax = 1;

/** Differences beyond this are shown as a whole: finding the shortest one costs the square of its length. */
const editsMax = 400;

/**
 * Compares two texts sentence by sentence, so that a paragraph wrapped anew shows what it says and not how it is
 * wrapped. Empty where only spaces and line breaks differ. What a reader could not see is written out.
 */
export function sentenceDiff(before: string, after: string): readonly PromptLine[] {
  const [left, right] = [sentencesOf(before), sentencesOf(after)];
  const parts = diffArrays([...left], [...right], { maxEditLength: editsMax });
  const lines = parts?.flatMap((part) => signed(part.added ? '+' : part.removed ? '-' : ' ', part.value));
  return inContext(lines ?? [...signed('-', left), ...signed('+', right)]);
}

function signed(sign: PromptLine['sign'], sentences: readonly string[]): readonly PromptLine[] {
  return sentences.map((sentence) => ({ sign, text: neutral(sentence) }));
}

// By a rule of our own: what Intl.Segmenter takes for a sentence differs between versions of Node.
const sentenceEnd = /(?<!^\d{1,3}\.)(?<=[.!?…]["'”’)\]]{0,3})\s+|(?<=[。！？])/u;

/** The sentences of a text; a heading, an entry of a list, a row of a table and a line of code stand for themselves. */
export function sentencesOf(text: string): readonly string[] {
  return paragraphsOf(text)
    .flatMap(({ content, isCode }) => (isCode ? [content] : content.split(sentenceEnd)))
    .filter((sentence) => sentence.trim() !== '')
    .flatMap((sentence) => (sentence.length > sentenceCharsMax ? (sentence.match(pieces) ?? []) : [sentence]));
}

/** What is longer has no ends that this rule knows, and is compared by pieces. */
const sentenceCharsMax = 400;
const pieces = /.{1,400}(?=\s|$)|.{400}/gsu;

interface Paragraph {
  content: string;
  readonly isCode: boolean;
  /** What follows is another paragraph. */
  isOver: boolean;
}

const standsAlone = /^(?:#{1,6}\s|\|)/;
const beginsAnew = /^(?:[-*+•>]\s|\d{1,3}[.)]\s|#{1,6}\s|\||<\/?\w|`{3}|~{3})/;

function paragraphsOf(text: string): readonly Paragraph[] {
  const paragraphs: Paragraph[] = [];
  let inCode = false;
  for (const line of text.split(/\r?\n/)) {
    const content = line.trim();
    const isFence = /^(?:`{3}|~{3})/.test(content);
    const last = paragraphs.at(-1);
    const goesOn = last !== undefined && !last.isOver && !inCode && !last.isCode && !beginsAnew.test(content);
    if (content === '' && !inCode && last !== undefined) last.isOver = true;
    else if (goesOn) last.content += ` ${content}`;
    else {
      const isCode = inCode || isFence;
      paragraphs.push({ content: isCode ? line : content, isCode, isOver: standsAlone.test(content) });
    }
    if (isFence) inCode = !inCode;
  }
  return paragraphs;
}

/** Changed sentences with their neighbours; a run of others becomes one entry with their number. */
function inContext(lines: readonly PromptLine[]): readonly PromptLine[] {
  if (lines.every(({ sign }) => sign === ' ')) return [];
  const isNear = Array.from(lines, () => false);
  for (const [at, { sign }] of lines.entries()) {
    if (sign !== ' ') isNear.fill(true, Math.max(0, at - contextMax), at + contextMax + 1);
  }
  const shown: PromptLine[] = [];
  let skipped = 0;
  const flush = (): void => {
    if (skipped > 0) shown.push({ sign: ' ', text: '', skipped });
    skipped = 0;
  };
  for (const [at, line] of lines.entries()) {
    if (isNear[at] !== true) {
      skipped += 1;
      continue;
    }
    flush();
    shown.push(line);
  }
  flush();
  return shown;
}
