import type { YAMLError } from 'yaml';
import { problemsMax } from './limits.ts';
import type { Problem } from './problem.ts';
import { problemAt, type Finding, type Source } from './text.ts';

export type Fault = Pick<YAMLError, 'code' | 'message' | 'pos'>;

/**
 * The faults of a document that are the author's. Past the first place that is no YAML the parser only guesses, and
 * reports each token that it stumbles over: fifty faults for one pair of quotes. Tags, keys and aliases stand alone.
 */
export function faultsToSay(faults: readonly Fault[]): readonly Fault[] {
  const first = faults.find((fault) => !separate.has(fault.code));
  return faults.filter((fault) => fault === first || separate.has(fault.code)).slice(0, problemsMax);
}

const separate: ReadonlySet<Fault['code']> = new Set(['TAG_RESOLVE_FAILED', 'NON_STRING_KEY', 'BAD_ALIAS']);

/** What the library found, at the text it concerns, with what usually cures it. */
export function syntaxProblem(fault: Fault, source: Source): Problem {
  const start = placeOf(fault, source.text);
  return problemAt(source, [start, Math.max(fault.pos[1], start + 1)], syntaxFinding(fault, source));
}

/** Where an author looks for it. */
function placeOf({ code, message, pos: [start] }: Fault, text: string): number {
  // A line of the wrong depth is reported where the line begins, and an open quote at the end of all that it took in.
  if (code === 'BAD_INDENT') return start + (/^ */.exec(text.slice(start, start + 1000))?.[0].length ?? 0);
  if (!message.startsWith(unclosed)) return start;
  return openQuote(text.slice(0, start), message.includes('"') ? '"' : "'") ?? start;
}

const unclosed = 'Missing closing';

/** The last quote that is not escaped, by a backslash or by another one. */
function openQuote(text: string, quote: '"' | "'"): number | undefined {
  for (let at = text.lastIndexOf(quote); at >= 0; at = at === 0 ? -1 : text.lastIndexOf(quote, at - 1)) {
    let first = at;
    const escape = quote === '"' ? '\\' : "'";
    while (first > 0 && text[first - 1] === escape) first -= 1;
    if ((at - first) % 2 === 0) return quote === '"' ? at : first;
    at = first;
  }
  return undefined;
}

function syntaxFinding({ code, message, pos }: Fault, source: Source): Finding {
  // The library quotes what it did not expect, and that may be anything.
  const said = message.replace(/(?<=\S): [^]*$| %\S[^]*$/, '');
  const sentence = said.endsWith('.') ? said : `${said}.`;
  if (code === 'TAG_RESOLVE_FAILED')
    return { code: 'yaml.tag', message: 'Tags are not allowed.', help: 'Remove the tag.' };
  if (code === 'NON_STRING_KEY')
    return { code: 'yaml.key', message: 'A key must be a string.', help: 'Quote the key.' };
  if (code === 'BAD_ALIAS') return { code: 'yaml.alias', message: sentence };
  if (message.startsWith(unclosed))
    return { code: 'yaml.syntax', message: 'The quote is not closed.', help: 'Close it at the end of its text.' };
  // `{ a: ${ input.a } }`: in a flow map the brace of an expression opens a map.
  if (source.text.slice(Math.max(0, pos[0] - 1), pos[0] + 1) === '${')
    return {
      code: 'yaml.syntax',
      message: 'An expression within braces or brackets needs quotes.',
      help: 'Write `"${ … }"`.',
    };
  const help = message.startsWith('Flow') ? 'Close the bracket, and indent what stands within it.' : cures[code];
  return { code: 'yaml.syntax', message: sentence, help };
}

const cures: Readonly<Partial<Record<Fault['code'], string>>> = {
  TAB_AS_INDENT: 'Indent with spaces.',
  BAD_INDENT: 'Let the fields of one map, and the entries of one list, begin in the same column.',
  BLOCK_AS_IMPLICIT_KEY: 'Put a text that holds a colon and a space in quotes, or correct the indentation.',
  MULTILINE_IMPLICIT_KEY: 'Correct the indentation here or of the next line, or put the text in quotes.',
  BAD_SCALAR_START: 'Put the text in quotes.',
  UNEXPECTED_TOKEN: 'Put a text in quotes that begins with, or holds, a character that YAML uses itself.',
  BAD_DQ_ESCAPE: 'Write a backslash twice, or use single quotes.',
};
