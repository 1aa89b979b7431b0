/** Thrown where a text goes beyond plain YAML, or may be wrong: the YAML library has the word then. */
export class BeyondPlain extends Error {}

// One for all: a stack would cost more than what is read.
const beyondPlain = new BeyondPlain('beyond plain YAML');

export function goBeyond(): never {
  throw beyondPlain;
}

/** What a text without quotes means in YAML's core schema. */
export function plainScalar(text: string): string | number | boolean | null {
  if (!plain.test(text)) goBeyond();
  if (letterFirst.test(text)) return wordOf(text);
  if (simpleNumber.test(text)) return Number(text);
  // Other ways to write a number, and whatever looks like one.
  if (numberLike.test(text)) goBeyond();
  return text;
}

function wordOf(text: string): string | boolean | null {
  if (text.length > 5) return text;
  if (text === 'true') return true;
  if (text === 'false') return false;
  if (text === 'null') return null;
  if (otherWords.test(text)) goBeyond();
  return text;
}

// No indicator of YAML first, no colon that may end a key, no comment.
const plain = /^[\p{L}\p{N}_$/.(<=+^](?!.*(?::(?:\s|$)|\s#))/u;
const letterFirst = /^[A-Za-z_$/(<=^]/;
const simpleNumber = /^(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,6})?$/;
const numberLike = /^[-+.]?[0-9]*(?:\.[0-9]*)?(?:[eE][-+]?[0-9]*)?$|^0[xo]|^[-+]?\.(?:inf|nan)$/i;
const otherWords = /^(?:true|false|null)$/i;

/** The end of a quoted text that begins at `start` (behind its closing quote): on one line, without escapes. */
export function quotedEnd(text: string, start: number, to: number): number {
  const quote = text[start] ?? '';
  const end = text.indexOf(quote, start + 1);
  if (end < 0 || end >= to || text[end + 1] === quote) goBeyond();
  if (quote === '"' && text.slice(start, end).includes('\\')) goBeyond();
  return end + 1;
}

/** Whether nothing but spaces and a comment follows. */
export function isLineOver(text: string, from: number, to: number): boolean {
  let at = from;
  while (at < to && text[at] === ' ') at += 1;
  return at >= to || (at > from && text[at] === '#');
}

/** Without the spaces at its end. Only spaces: other blanks are part of a text. */
export function withoutSpaces(text: string, from: number, to: number): string {
  let end = to;
  while (end > from && text[end - 1] === ' ') end -= 1;
  return text.slice(from, end);
}

/** Below what a document may nest, with room for what counts a level more. */
export const plainDepthMax = 60;

/** A key of letters, digits and a few signs; not one that is another word of YAML's, or has a meaning of its own. */
export function plainKey(text: string): string {
  if (!key.test(text) || reserved.has(text)) goBeyond();
  return text;
}

const key = /^[A-Za-z_][A-Za-z0-9_./-]{0,126}$/;
const reserved: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
