import type { Document } from './document.ts';
import { problemsMax } from './limits.ts';
import { problemIn } from './position.ts';
import type { Problem } from './problem.ts';
import { fieldName, unsupported } from './shape-finding.ts';
import { shownText } from './shown.ts';
import { unsupportedIn, type Unsupported } from './support.ts';

/**
 * What is written in a document of a kind (or of `PawlSettings`) and belongs to a part that this build lacks. Only what
 * is written counts: a default asks for nothing.
 */
export function unsupportedProblems(title: string, document: Document): Problem[] {
  return onceInAnEntry(unsupportedIn(title, document.value))
    .slice(0, problemsMax)
    .map((found) => problemOf(found, title, document));
}

/** An entry of a list that needs a part is said to once: its other fields say how the part is used. */
function onceInAnEntry(found: readonly Unsupported[]): readonly Unsupported[] {
  const said = new Set<string>();
  return found.filter(({ path, part }) => {
    if (typeof path.at(-2) !== 'number') return true;
    const key = [...path.slice(0, -1), part].join('\0');
    if (said.has(key)) return false;
    said.add(key);
    return true;
  });
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
