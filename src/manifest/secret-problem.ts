import type { Document } from './document.ts';
import { problemIn } from './position.ts';
import type { Problem } from './problem.ts';
import { findSecrets } from './secret-literal.ts';
import { fieldName } from './shape-finding.ts';
import { shownText } from './shown.ts';

/** Values and keys of a document that look like credentials; none of them is repeated. */
export function secretProblems(document: Document): Problem[] {
  return findSecrets(document.value).map(({ path, kind, part }) => {
    const subject = path.length === 0 ? 'The document' : `\`${shownText(fieldName(path))}\``;
    return problemIn(document, path, {
      part,
      code: 'manifest.secret_literal',
      message: `${subject} looks like ${kind}; values of secrets must not be in Git.`,
      help: 'Revoke it, give the new one to a Secret (`pawl secret encrypt`, a file or a variable), and refer to that.',
    });
  });
}
