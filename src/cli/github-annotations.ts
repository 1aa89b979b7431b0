import type { Problem } from '../manifest/problem.ts';
import { plural } from './plural.ts';

/** GitHub shows ten errors and ten warnings of a step and drops the rest without a word. */
export const annotationsMax = 10;

/** Problems as workflow commands of GitHub Actions, one a line; undefined where there are none. */
export function renderAnnotations(problems: readonly Problem[]): string | undefined {
  const lines = [...shownOf(problems, 'error'), ...shownOf(problems, 'warning')].map(annotation);
  return lines.length === 0 ? undefined : lines.join('\n');
}

/** How many problems have no annotation, as a sentence; empty where all have. */
export function unannotated(problems: readonly Problem[]): string {
  const over = (['error', 'warning'] as const).flatMap((severity) => {
    const count = problems.filter((problem) => problem.severity === severity).length - annotationsMax;
    return count > 0 ? [plural(count, `more ${severity}`)] : [];
  });
  return over.length === 0 ? '' : `Not annotated: ${over.join(' and ')}; run pawl validate to see all.`;
}

function shownOf(problems: readonly Problem[], severity: Problem['severity']): readonly Problem[] {
  return problems.filter((problem) => problem.severity === severity).slice(0, annotationsMax);
}

function annotation({ severity, file, line, column, endColumn, code, message, help }: Problem): string {
  const properties = [
    `file=${property(file)}`,
    `line=${line}`,
    `col=${column}`,
    ...(endColumn === undefined ? [] : [`endColumn=${endColumn}`]),
    `title=${property(code)}`,
  ];
  return `::${severity} ${properties.join(',')}::${content(help === undefined ? message : `${message} ${help}`)}`;
}

function content(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return content(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
