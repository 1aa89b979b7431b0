import { neutral } from '../manifest/neutral.ts';
import { truncate } from './terminal.ts';

const gap = 3;

/** Columns aligned on their widest cell; the last one takes what is left of the line and is cut there. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[], width: number): string {
  const cells = rows.map((row) => row.map((cell) => neutral(cell)));
  const widths = head.map((title, column) =>
    cells.reduce((widest, row) => Math.max(widest, row[column]?.length ?? 0), title.length),
  );
  return [head, ...cells].map((row) => renderRow(row, widths, width)).join('\n');
}

function renderRow(row: readonly string[], widths: readonly number[], width: number): string {
  const padded = row.map((cell, column) =>
    column === row.length - 1 ? cell : cell.padEnd((widths[column] ?? 0) + gap),
  );
  return truncate(padded.join('').trimEnd(), width);
}
