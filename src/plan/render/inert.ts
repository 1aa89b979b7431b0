import { neutral } from '../../manifest/neutral.ts';

/**
 * Text for a Markdown document of which GitHub may act on nothing: no markup, link, image, mention, reference to an
 * issue or commit, emoji, formula. Words that are provably plain stay words; every other run of them becomes a code
 * span, in which neither Markdown nor GitHub's own filters look. A list of what is dangerous would never be complete.
 */
export function inert(text: string, { cell = false }: { readonly cell?: boolean } = {}): string {
  const tokens = neutral(text).split(' ');
  const pieces: string[] = [];
  let risky: string[] = [];
  const flush = (): void => {
    if (risky.length > 0) pieces.push(span(risky.join(' '), cell));
    risky = [];
  };
  for (const token of tokens) {
    if (token === '') continue;
    if (isPlain(token)) {
      flush();
      pieces.push(token);
    } else {
      risky.push(token);
    }
  }
  flush();
  // What begins a list begins a line; elsewhere it is a number.
  return pieces.join(' ').replace(/^\d+[.)]\S*/, (first) => code(first, { cell }));
}

/** Punctuation that ends a sentence stays outside of the span. */
function span(text: string, cell: boolean): string {
  const [, inner = text, end = ''] = /^(.*[^.,;:)])([.,;:)]+)$/u.exec(text) ?? [];
  return `${code(inner, { cell })}${end}`;
}

/** Letters and digits, with hyphens, slashes, dots and apostrophes between them, in quotes or before punctuation. */
const word = /^[("']*[\p{L}\p{N}]+(?:[-/.,'’][\p{L}\p{N}]+)*[)"'.,;:!?…]*$/u;

/** `www.` begins a link, `GH-1` and `ABC-1` refer to issues, seven hexadecimal digits to a commit. */
const acted = /www\.|\p{L}-\p{N}+(?!\p{L})|(?<![a-z\d])[\da-f]{7,64}(?![a-z\d])/iu;

/** Signs that mean nothing to Markdown or GitHub. */
const sign = /^[→–—·…]$/u;

function isPlain(token: string): boolean {
  return sign.test(token) || (word.test(token) && !acted.test(token));
}

/** A code span. In a cell of a table a pipe is escaped, which is undone within the span. */
export function code(text: string, { cell = false }: { readonly cell?: boolean } = {}): string {
  const shown = cell ? withoutPipes(neutral(text)) : neutral(text);
  if (shown.trim() === '') return cell || shown === '' ? '' : '` `';
  const fence = '`'.repeat(longestRun(shown, '`') + 1);
  // A space next to the fence is taken off again; without it a backtick there would lengthen the fence.
  const pad = /^[` ]|[` ]$/.test(shown) ? ' ' : '';
  return `${fence}${pad}${shown}${pad}${fence}`;
}

/** Parsers differ about a backslash before an escaped pipe, so that one is written out. */
function withoutPipes(text: string): string {
  return text.replaceAll(/\\(?=\\*\|)/g, '\\u{5c}').replaceAll('|', '\\|');
}

/** A block of code whose fence is longer than any within it; each line made inert. */
export function fenced(lines: readonly string[], language: string): string {
  const fence = fenceFor(lines);
  return [`${fence}${language}`, ...lines.map((line) => neutral(line)), fence].join('\n');
}

export function fenceFor(lines: readonly string[]): string {
  const longest = lines.reduce((most, line) => Math.max(most, longestRun(line, '`')), 2);
  return '`'.repeat(longest + 1);
}

function longestRun(text: string, character: string): number {
  let longest = 0;
  let run = 0;
  for (const one of text) {
    run = one === character ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}
