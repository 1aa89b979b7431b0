import type { Document } from './document.ts';
import { problemsMax } from './limits.ts';
import { problemIn } from './position.ts';
import type { Problem } from './problem.ts';
import { fieldName, unsupported } from './shape-finding.ts';
import { shownText } from './shown.ts';
import { unsupportedIn } from './support.ts';

/**
 * What is written in a document of a kind (or of `PawlSettings`) and belongs to a part that this build lacks. Only what
 * is written counts: a default asks for nothing.
 */
export function unsupportedProblems(title: string, document: Document): Problem[] {
  return unsupportedIn(title, document.value)
    .slice(0, problemsMax)
    .map(({ path, part, value }) => {
      const field = shownText(fieldName(path));
      if (path[0] === 'kind') return problemIn(document, path, unsupported(`The kind \`${title}\``, part));
      const what = value === undefined ? `\`${field}\`` : `\`${field}: ${shownText(value)}\``;
      return problemIn(document, path, { ...unsupported(what, part), part: value === undefined ? 'key' : 'value' });
    });
}
