/** Breaks a paragraph at spaces; a word that is longer than a line stays whole. */
export function wrap(text: string, width: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join('\n');
}

/** A line that is too long goes on below, further in than it begins. */
export function hanging(line: string, width: number): string {
  const indent = /^ */.exec(line)?.[0] ?? '';
  const further = `${indent}    `;
  if (line.length <= width) return line;
  const [first = '', ...rest] = wrap(line, width - further.length).split('\n');
  return [`${indent}${first}`, ...rest.map((one) => `${further}${one}`)].join('\n');
}
