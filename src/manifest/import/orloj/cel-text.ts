import { RE2JS } from 're2js';

/** A text as CEL writes it. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** That a text has another in it, in small or capital letters. */
export function holds(value: string, text: string): string {
  const isAscii = /^[\x20-\x7e\s]*$/.test(text);
  if (isAscii) return `${value}.lowerAscii().contains(${quoted(text.toLowerCase())})`;
  return `re2(${value}, ${quoted(`(?i)${RE2JS.quote(text)}`)})`;
}

const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

/** Whether a key can stand behind a dot. */
export function isFieldName(text: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(text) && !reserved.has(text);
}

/** The output of a node of the graph. */
export function outputRead(node: string): string {
  return isFieldName(node) ? `nodes.${node}.output` : `nodes[${quoted(node)}].output`;
}
