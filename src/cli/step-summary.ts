import { appendFile } from 'node:fs/promises';
import type { Problem } from '../manifest/problem.ts';

/** GitHub refuses a summary of over a megabyte as a whole. */
const rowsMax = 1_000;
const cellCharactersMax = 400;

/** Adds every problem to the page of a workflow run; gives the error's code where the file cannot be written. */
export async function writeStepSummary(
  file: string,
  problems: readonly Problem[],
  verdict: string,
): Promise<string | undefined> {
  try {
    await appendFile(file, renderStepSummary(problems, verdict));
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  }
}

/** Markdown in which nothing that an author wrote is markup. */
export function renderStepSummary(problems: readonly Problem[], verdict: string): string {
  const lines = ['## pawl validate', '', text(verdict)];
  if (problems.length > 0) lines.push('', '| | place | code | what is wrong |', '| --- | --- | --- | --- |');
  for (const { severity, file, line, column, code, message, help } of problems.slice(0, rowsMax)) {
    const said = help === undefined ? message : `${message} ${help}`;
    lines.push(`| ${[severity, `${file}:${line}:${column}`, code, said].map(text).join(' | ')} |`);
  }
  if (problems.length > rowsMax) lines.push('', `${problems.length - rowsMax} more are not listed.`);
  return `${lines.join('\n')}\n`;
}

/** Punctuation as character references is never a link, a tag, an image, a mention or the end of a cell. */
function text(words: string): string {
  const cut = words.length > cellCharactersMax ? `${words.slice(0, cellCharactersMax - 1)}…` : words;
  return cut.replaceAll('\n', ' ').replace(/[!-+.:-@[-`{-~]/g, (character) => `&#${character.codePointAt(0)};`);
}
