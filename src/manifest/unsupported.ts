import type { Document } from './document.ts';
import { problemsMax } from './limits.ts';
import { problemIn } from './position.ts';
import type { Problem } from './problem.ts';
import { fieldName, unsupported } from './shape-finding.ts';
import { shownText } from './shown.ts';
import { type Unsupported, unsupportedIn } from './support.ts';

/**
 * What is written in a document of a kind (or of `PawlSettings`) and belongs to a part that this build lacks. Only what
 * is written counts: a default asks for nothing.
 */
export function unsupportedProblems(title: string, document: Document): Problem[] {
  return unsupportedIn(title, document.value)
    .slice(0, problemsMax)
    .map((found) => problemOf(found, title, document));
}

/** The same of `pawl.yaml`, for each of its environments: what it says of them all is said of each. */
export function unsupportedSettings(document: Document, environments: number): readonly (readonly Problem[])[] {
  const found = unsupportedIn('PawlSettings', document.value).slice(0, problemsMax);
  const problems = found.map((one) => ({ path: one.path, problem: problemOf(one, 'PawlSettings', document) }));
  return Array.from({ length: environments }, (_, index) =>
    problems.filter(({ path }) => path[0] !== 'environments' || path[1] === index).map(({ problem }) => problem),
  );
}

function problemOf({ path, part, value }: Unsupported, title: string, document: Document): Problem {
  if (path[0] === 'kind') return problemIn(document, path, unsupported(`The kind \`${title}\``, part));
  const field = shownText(fieldName(path));
  const what = value === undefined ? `\`${field}\`` : `\`${field}: ${shownText(value)}\``;
  return problemIn(document, path, { ...unsupported(what, part), part: value === undefined ? 'key' : 'value' });
}
