import { excerptLine } from '../manifest/excerpt.ts';
import { partsLacked, type Problem } from '../manifest/problem.ts';
import type { Colors } from './terminal.ts';
import { neutral } from '../manifest/neutral.ts';
import { maskSecrets } from '../manifest/secret-literal.ts';
import { excerptWindow, type Marked } from './excerpt-window.ts';
import { wrap } from './wrap.ts';

/** Reads a file's text for an excerpt; undefined where it cannot be shown. */
export type ExcerptSource = (file: string) => string | undefined;

export interface ProblemLayout {
  readonly width: number;
  readonly colors: Colors;
}

/** Every problem as code, sentence, place, excerpt and cure. */
export function renderProblems(problems: readonly Problem[], excerpt: ExcerptSource, layout: ProblemLayout): string {
  const secrets = secretsByLine(problems);
  return problems
    .map((problem) => {
      const text = excerpt(problem.file);
      const line = text === undefined ? undefined : excerptLine(text, problem);
      const hidden = line === undefined ? undefined : withoutSecrets(line, secrets.get(lineKey(problem)) ?? []);
      return renderProblem(shownProblem(problem), hidden, layout);
    })
    .join('\n\n');
}

/** What may be printed of a problem: its texts hold names that somebody else chose. */
export function shownProblem(problem: Problem): Problem {
  return {
    ...problem,
    file: shown(problem.file),
    message: shown(problem.message),
    ...(problem.help === undefined ? {} : { help: shown(problem.help) }),
    ...(problem.address === undefined ? {} : { address: shown(problem.address) }),
  };
}

function shown(text: string): string {
  return neutral(maskSecrets(text));
}

function renderProblem(problem: Problem, line: string | undefined, { width, colors }: ProblemLayout): string {
  const paint = problem.severity === 'error' ? colors.red : colors.yellow;
  const head = `${problem.severity} ${problem.code}`;
  const sentence = wrap(`${head}: ${problem.message}`, width);
  const lines = [
    sentence.startsWith(head) ? paint(colors.bold(head)) + sentence.slice(head.length) : sentence,
    `  ${colors.cyan('-->')} ${problem.file}:${problem.line}:${problem.column}`,
  ];
  const gutter = String(problem.line);
  const margin = ' '.repeat(gutter.length);
  if (line !== undefined) {
    const window = excerptWindow(marked(line, problem), width - gutter.length - 3);
    lines.push(`${colors.cyan(`${gutter} |`)} ${window.text}`.trimEnd());
    lines.push(`${colors.cyan(`${margin} |`)} ${' '.repeat(window.start)}${paint('^'.repeat(window.length))}`);
  }
  if (problem.help !== undefined) {
    const hang = `${margin} = help: `;
    const pieces = wrap(problem.help, Math.max(20, width - hang.length)).split('\n');
    lines.push(...pieces.map((piece, index) => `${index === 0 ? hang : ' '.repeat(hang.length)}${piece}`));
  }
  lines.push(`${margin} = pawl explain ${problem.code}`);
  return lines.join('\n');
}

/** Escapes make a text longer, so the token is found before they are made. */
function marked(line: string, { column, endColumn }: Problem): Marked {
  const start = column - 1;
  const end = Math.max(start, (endColumn ?? column + 1) - 1);
  return {
    before: neutralLine(line.slice(0, start)).padEnd(Math.max(0, start - line.length)),
    token: neutralLine(line.slice(start, end)),
    after: neutralLine(line.slice(end)),
  };
}

/** A tab is shown as one space, so that the caret stands under its token. */
function neutralLine(source: string): string {
  return neutral(source.replaceAll('\t', ' '));
}

type Columns = readonly [start: number, end: number];

/** Another problem on the line of a literal value must not show it. */
function secretsByLine(problems: readonly Problem[]): ReadonlyMap<string, readonly Columns[]> {
  const found = new Map<string, Columns[]>();
  for (const problem of problems) {
    if (!problem.code.startsWith('manifest.secret')) continue;
    const columns: Columns = [problem.column - 1, (problem.endColumn ?? Number.POSITIVE_INFINITY) - 1];
    found.set(lineKey(problem), [...(found.get(lineKey(problem)) ?? []), columns]);
  }
  return found;
}

function withoutSecrets(line: string, secrets: readonly Columns[]): string {
  return secrets.reduce((masked, [start, end]) => {
    const value = masked.slice(start, end);
    return `${masked.slice(0, start)}${'•'.repeat(value.length)}${masked.slice(start + value.length)}`;
  }, line);
}

function lineKey({ file, line }: Problem): string {
  return `${file}\0${line}`;
}

export function countProblems(problems: readonly Problem[]): { readonly errors: number; readonly warnings: number } {
  const errors = problems.filter((problem) => problem.severity === 'error').length;
  return { errors, warnings: problems.length - errors };
}

/** Why nothing is planned while these problems stand; undefined where none of them refuses it. */
export function refusalOf(problems: readonly Problem[]): string | undefined {
  if (countProblems(problems).errors > 0) return 'Nothing can be planned until the errors above are gone.';
  const lacked = partsLacked(problems);
  if (lacked.length === 0) return undefined;
  return `Nothing can be planned by this build, which lacks: ${lacked.join(', ')}. What needs it is marked above.`;
}
