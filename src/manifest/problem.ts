/** One mistake in what an author wrote: bad input is a `Problem`, never an exception. */
export interface Problem {
  /** Stable code, documented in the registry that `pawl explain` prints. */
  readonly code: string;
  readonly severity: 'error' | 'warning';
  /** One sentence that says what is wrong, with the offending name in it; never a secret's value. */
  readonly message: string;
  readonly file: string;
  /** 1-based; 1:1 where only the file is known. */
  readonly line: number;
  readonly column: number;
  /** Column after the last character of the offending token, on the same line. */
  readonly endColumn?: number;
  /** The cure, one sentence or a "did you mean". */
  readonly help?: string;
  /** The resource it is in, as an address, where one was identified. */
  readonly address?: string;
  /** A warning that refuses plan and apply all the same: what is written is right, and this build cannot honour it. */
  readonly blocks?: 'apply';
  /** With `blocks`: the part of pawl that this build lacks. */
  readonly lacks?: string;
}

/** Whether nothing is planned or applied while this problem stands. */
export function refusesPlan({ severity, blocks }: Pick<Problem, 'severity' | 'blocks'>): boolean {
  return severity === 'error' || blocks === 'apply';
}

/** The parts of pawl that what is written waits for, each once, in order. */
export function partsLacked(problems: readonly Problem[]): string[] {
  return [...new Set(problems.flatMap(({ lacks }) => (lacks === undefined ? [] : [lacks])))].sort(compareText);
}

/** One entry of the code registry. */
export interface CodeDoc {
  readonly title: string;
  readonly cause: string;
  readonly cure: string;
}

/** Stable order: file, line, column, code, message. */
export function compareProblems(a: Problem, b: Problem): number {
  return (
    compareText(a.file, b.file) ||
    a.line - b.line ||
    a.column - b.column ||
    compareText(a.code, b.code) ||
    compareText(a.message, b.message)
  );
}

/** Code-unit order: the same on every machine, whatever its locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
