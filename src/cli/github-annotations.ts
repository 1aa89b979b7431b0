import type { Problem } from '../manifest/problem.ts';
import { plural } from './plural.ts';

/** GitHub shows ten errors, ten warnings and ten notices of a step and drops the rest without a word. */
export const annotationsMax = 10;

const levels = ['error', 'warning', 'notice'] as const;

/** What GitHub shows beside a line of a pull request, or on the page of the run where it has no place. */
export interface Annotation {
  readonly level: (typeof levels)[number];
  readonly title: string;
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly endColumn?: number;
}

/** Problems as workflow commands of GitHub Actions, one a line; undefined where there are none. */
export function renderAnnotations(problems: readonly Problem[]): string | undefined {
  const { lines } = commandsOf(problems.map(annotationOf));
  return lines.length === 0 ? undefined : lines.join('\n');
}

/** How many problems have no annotation, as a sentence; empty where all have. */
export function unannotated(problems: readonly Problem[]): string {
  const { left } = commandsOf(problems.map(annotationOf));
  return left === '' ? '' : `Not annotated: ${left}; run pawl validate to see all.`;
}

export function annotationOf({ severity, file, line, column, endColumn, code, message, help }: Problem): Annotation {
  return {
    level: severity,
    title: code,
    message: help === undefined ? message : `${message} ${help}`,
    file,
    line,
    column,
    ...(endColumn === undefined ? {} : { endColumn }),
  };
}

/** As many workflow commands as GitHub shows, errors first, and in words how many of which level there is no place for. */
export function commandsOf(annotations: readonly Annotation[]): {
  readonly lines: readonly string[];
  readonly left: string;
} {
  const byLevel = levels.map((level) => annotations.filter((annotation) => annotation.level === level));
  const left = byLevel.flatMap((all) => {
    const [first] = all;
    const count = all.length - annotationsMax;
    return first !== undefined && count > 0 ? [plural(count, `more ${first.level}`)] : [];
  });
  return { lines: byLevel.flatMap((all) => all.slice(0, annotationsMax).map(command)), left: left.join(' and ') };
}

function command({ level, title, message, ...place }: Annotation): string {
  const { file, line, column, endColumn } = place;
  const properties = [
    ...(file === undefined ? [] : [`file=${property(file)}`]),
    ...(line === undefined ? [] : [`line=${line}`]),
    ...(column === undefined ? [] : [`col=${column}`]),
    ...(endColumn === undefined ? [] : [`endColumn=${endColumn}`]),
    `title=${property(title)}`,
  ];
  return `::${level} ${properties.join(',')}::${content(message)}`;
}

function content(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return content(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
