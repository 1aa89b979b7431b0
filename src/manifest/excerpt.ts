import type { Problem } from './problem.ts';
import { maskSecrets } from './secret-literal.ts';

/**
 * The line that a problem points at, as it may be shown: what looks like a credential is masked, character for
 * character, so that a caret below still stands where it should. Undefined where the text has no such line.
 */
export function excerptLine(
  text: string,
  problem: Pick<Problem, 'code' | 'line' | 'column' | 'endColumn' | 'address'>,
): string | undefined {
  const line = text.split(/\r?\n/, problem.line)[problem.line - 1];
  if (line === undefined || line.trim() === '') return undefined;
  const masked = maskSecrets(line)
    .replace(named, (_all, before: string, value: string) => before + dots(value))
    .replace(body, dots);
  if (problem.address?.startsWith('Secret/') === true) return withoutValues(masked);
  if (problem.code !== 'manifest.secret_literal') return masked;
  const start = problem.column - 1;
  const end = problem.endColumn === undefined ? line.length : problem.endColumn - 1;
  return masked.slice(0, start) + dots(masked.slice(start, end)) + masked.slice(end);
}

/** Whatever stands in a Secret where the name of a variable or a file should may be the secret itself: keys are left. */
function withoutValues(line: string): string {
  return line.replace(/"(?:[^"\\]|\\.)*"(?!\s*:)|'(?:[^']|'')*'(?!\s*:)|[^\s{}[\],"']+/gu, (token) =>
    harmless.test(token) ? token : dots(token),
  );
}

const harmless = /^(?:[\w.-]+:|-|[|>][+-]?|pawl\/v1|Secret|env|file|age|stored)$/u;

/** A value under a name that says what it is. */
const named =
  /((?:api[-_]?key|token|secret|password|passwd|credentials?|authorization)["']?\s*[:=]\s*["']?)([^\s"',}]{8,})/giu;

/** Lines within a key in PEM form have no mark of their own. */
const body = /[A-Za-z0-9+/=]{60,}/gu;

function dots(text: string): string {
  return '•'.repeat(text.length);
}
