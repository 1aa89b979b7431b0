/** A line and where its marked token stands, cut to a width so that the token can be seen. */
export interface Window {
  readonly text: string;
  readonly start: number;
  readonly length: number;
}

export interface Marked {
  readonly before: string;
  readonly token: string;
  readonly after: string;
}

/** Cuts a line to `width` columns around its token, with an ellipsis where something was lost. */
export function excerptWindow({ before, token, after }: Marked, width: number): Window {
  const start = columnsOf(before);
  const length = Math.max(1, columnsOf(token));
  // Where the line's beginning and the token fit, the reader sees the line as it is written.
  const cut = start + Math.min(length, 8) <= width ? 0 : Math.min(start, Math.max(1, start - Math.floor(width / 3)));
  const line = Array.from(before + token + after);
  const from = cut === 0 ? 0 : skip(line, cut + 1);
  const text = fit(`${cut === 0 ? '' : '…'}${line.slice(from).join('')}`, width);
  const shown = start - cut;
  return { text, start: shown, length: Math.max(1, Math.min(length, width - shown)) };
}

/** How many characters take so many columns. */
function skip(line: readonly string[], columns: number): number {
  let [passed, index] = [0, 0];
  while (index < line.length && passed < columns) {
    passed += columnsOf(line[index] ?? '');
    index += 1;
  }
  return index;
}

function fit(text: string, width: number): string {
  if (columnsOf(text) <= width) return text;
  const characters = Array.from(text);
  let [kept, columns] = [0, 1];
  while (kept < characters.length && columns + columnsOf(characters[kept] ?? '') <= width) {
    columns += columnsOf(characters[kept] ?? '');
    kept += 1;
  }
  return `${characters.slice(0, kept).join('')}…`;
}

/** Columns that a terminal takes for a text: two for East Asian wide characters and pictographs, none for marks. */
export function columnsOf(text: string): number {
  if (/^[\u0020-\u007e]*$/.test(text)) return text.length;
  let columns = 0;
  for (const character of text) columns += /^\p{M}$/u.test(character) ? 0 : wide.test(character) ? 2 : 1;
  return columns;
}

const wide =
  /^(?:[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}])$/u;
