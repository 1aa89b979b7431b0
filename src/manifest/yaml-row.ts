import { Lexer } from 'yaml';
import type { Fault } from './yaml-fault.ts';

/** A value has at most one anchor and one tag, or is one alias. */
const rowMax = 100;

/**
 * Texts may hold such rows: whether one stands in YAML itself is worth asking only where there is one. Only the
 * beginning of a word is looked at, else one long word would be read again from each of its characters; and one less
 * than the row, for what opens a flow may stand before its first.
 */
const row = /(?<!\S)(?:[&*!]\S*\s+){99}/;

/**
 * A row of anchors, aliases and tags that no value is there for. The parser makes an error of each, which takes it more
 * than a second for a file that is as large as may be.
 */
export function rowFault(text: string): Fault | undefined {
  if (!row.test(text)) return undefined;
  let [at, count, begun] = [0, 0, 0];
  let isText = false;
  for (const token of new Lexer().lex(text)) {
    // These three are no characters of the text: a document begins, a flow ends, a scalar comes next.
    if (token === '\u0002' || token === '\u0018' || token === '\u001f') {
      isText = token === '\u001f';
      continue;
    }
    if (!isText && /^[&*!]/.test(token)) {
      if (count === 0) begun = at;
      count += 1;
      if (count >= rowMax) return faultAt(begun);
    } else if (isText || /\S/.test(token)) count = 0;
    isText = false;
    at += token.length;
  }
  return undefined;
}

function faultAt(at: number): Fault {
  const message = `${rowMax} anchors, aliases and tags or more stand in a row`;
  return { code: 'UNEXPECTED_TOKEN', message, pos: [at, at + 1] };
}
