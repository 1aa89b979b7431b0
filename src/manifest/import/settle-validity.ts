import { parseDocuments } from '../document.ts';
import { maskSecrets } from '../secret-literal.ts';
import type { Problem } from '../problem.ts';
import { resolve } from '../resolve.ts';
import type { Resolved } from '../resolved.ts';
import { validate, type Validated } from '../validate.ts';
import type { ForeignDocument } from './foreign.ts';
import type { Written } from './written.ts';

/**
 * What `pawl validate` says of the very texts that would be written. Undefined: something was wrong, and the documents
 * that it came out of were refused.
 */
export function refuseInvalid(files: readonly Written[]): Resolved | undefined {
  const encoder = new TextEncoder();
  const byPath = new Map(files.map((file) => [file.path, file]));
  const manifests: Validated[] = [];
  const problems: Problem[] = [];
  for (const { path, text } of files) {
    const parsed = parseDocuments({ path, bytes: encoder.encode(text) });
    problems.push(...parsed.problems);
    for (const document of parsed.documents) manifests.push(validate(document));
  }
  // Without the documents that cannot be read, references to them would be blamed too.
  const resolved = problems.length === 0 ? resolve(manifests, scriptsOf(files), {}) : undefined;
  const errors = [...problems, ...(resolved?.problems ?? [])].filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return resolved;
  for (const { file, message, help, code } of errors) {
    const from = byPath.get(file)?.resource.from ?? files.flatMap(({ resource }) => resource.from);
    for (const document of from) refuse(document, { message: `${message} (\`${code}\`)`, help });
  }
  return undefined;
}

/** Scripts beside endpoints that the import made up: what they will say is written in the end. */
function scriptsOf(files: readonly Written[]): ReadonlyMap<string, Uint8Array> {
  const script = new TextEncoder().encode('replies: [{ agent: nobody, turns: [{ text: Nothing. }] }]');
  return new Map(
    files.flatMap(({ path, resource }) => {
      const { scriptFile } = resource.spec;
      const folder = path.slice(0, path.lastIndexOf('/') + 1);
      return typeof scriptFile === 'string' ? [[`${folder}${scriptFile}`, script] as const] : [];
    }),
  );
}

function refuse(
  document: ForeignDocument,
  said: { readonly message: string; readonly help: string | undefined },
): void {
  const message = `\`pawl validate\` would refuse what comes out of it: ${maskSecrets(said.message)}`;
  const help = said.help === undefined ? {} : { help: maskSecrets(said.help) };
  document.root.at('metadata', 'name').refuse({ code: 'import.invalid', message, ...help });
}
