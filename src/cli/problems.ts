import { excerptLine } from '../manifest/excerpt.ts';
import { partsLacked, type Problem } from '../manifest/problem.ts';
import type { Colors } from './terminal.ts';
import { neutral } from '../manifest/neutral.ts';
import { truncate } from './terminal.ts';

/** Reads a file's text for an excerpt; undefined where it cannot be shown. */
export type ExcerptSource = (file: string) => string | undefined;

export interface ProblemLayout {
  readonly width: number;
  readonly colors: Colors;
}

/** Every problem as code, sentence, place, excerpt and cure. */
export function renderProblems(problems: readonly Problem[], excerpt: ExcerptSource, layout: ProblemLayout): string {
  return problems.map((problem) => renderProblem(problem, excerpt(problem.file), layout)).join('\n\n');
}

function renderProblem(problem: Problem, text: string | undefined, { width, colors }: ProblemLayout): string {
  const paint = problem.severity === 'error' ? colors.red : colors.yellow;
  const lines = [
    `${paint(colors.bold(`${problem.severity} ${problem.code}`))}: ${neutral(problem.message)}`,
    `  ${colors.cyan('-->')} ${neutral(problem.file)}:${problem.line}:${problem.column}`,
  ];
  const source = text === undefined ? undefined : excerptLine(text, problem);
  const gutter = String(problem.line);
  if (source !== undefined) {
    lines.push(`${colors.cyan(`${gutter} |`)} ${truncate(neutralLine(source), width - gutter.length - 3)}`);
    lines.push(`${colors.cyan(`${' '.repeat(gutter.length)} |`)} ${caret(problem, width - gutter.length - 3, paint)}`);
  }
  if (problem.help !== undefined) lines.push(`${' '.repeat(gutter.length)} = help: ${neutral(problem.help)}`);
  lines.push(`${' '.repeat(gutter.length)} = pawl explain ${problem.code}`);
  return lines.join('\n');
}

/** A tab is shown as one space, so that the caret stands under its token. */
function neutralLine(source: string): string {
  return neutral(source.replaceAll('\t', ' '));
}

function caret(problem: Problem, room: number, paint: (text: string) => string): string {
  const start = Math.min(problem.column - 1, Math.max(0, room - 1));
  const length = Math.max(1, (problem.endColumn ?? problem.column + 1) - problem.column);
  return `${' '.repeat(start)}${paint('^'.repeat(Math.max(1, Math.min(length, room - start))))}`;
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
