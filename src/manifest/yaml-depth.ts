import { Lexer } from 'yaml';

/** Far above what a manifest may have, and far below what ends the stack. */
const levelsMax = 500;

/**
 * Whether a text nests so deep that it must not be parsed: the parser recurses for every level, and where its stack ends
 * inside a regular expression, the process ends with it. In time linear in the text.
 */
export function nestsTooDeep(text: string): boolean {
  return mayNestDeep(text) && isDeep(text);
}

/** Brackets in texts count too: whether they open anything is worth asking only where there are hundreds. */
function mayNestDeep(text: string): boolean {
  let opened = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '[' || character === '{') opened += 1;
    else if ((character === ']' || character === '}') && opened > 0) opened -= 1;
    if (opened > levelsMax) return true;
  }
  return inOneLine.test(text);
}

const inOneLine = /(?:[-?:][ \t]+){500}/;

function isDeep(text: string): boolean {
  let opened = 0;
  let begun = 0;
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') opened += 1;
    else if (token === ']' || token === '}') opened = Math.max(0, opened - 1);
    else if (token.includes('\n')) begun = 0;
    else if (opened === 0 && (token === '-' || token === '?' || token === ':')) begun += 1;
    if (opened > levelsMax || begun >= levelsMax) return true;
  }
  return false;
}
