import { copyOf } from './canonical.ts';
import { type Document, parseDocuments, type SourceFile } from './document.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { textFileBytesMax } from './limits.ts';
import type { Problem } from './problem.ts';
import { problemIn } from './position.ts';
import { secretProblems } from './secret-problem.ts';
import { checkShape } from './shape.ts';
import { problemAt } from './text.ts';

/** The script of a `scripted` endpoint, with its defaults filled in. */
export function parseScript(file: SourceFile): { script?: JsonObject; problems: readonly Problem[] } {
  const { document, problems } = parseSingle(file, textFileBytesMax);
  if (document === undefined) return { problems };
  const script = copyOf(document.value);
  const found = checkShape('script', script, document);
  return found.length > 0 || !isJsonObject(script) ? { problems: found } : { script, problems: [] };
}

/** The one document of a file that holds exactly one. */
export function parseSingle(file: SourceFile, bytesMax: number): { document?: Document; problems: readonly Problem[] } {
  const { documents, problems } = parseDocuments(file, bytesMax);
  const [document, second] = documents;
  if (problems.length > 0) return { problems };
  if (document !== undefined && second === undefined) {
    const secrets = secretProblems(document);
    return secrets.length > 0 ? { problems: secrets } : { document, problems };
  }
  const finding = {
    code: 'settings.documents',
    message: document === undefined ? 'The file is empty.' : 'The file holds several documents; exactly one is read.',
    help: 'Keep exactly one document.',
  };
  return {
    problems: [
      second === undefined ? problemAt({ file: file.path, text: '' }, 0, finding) : problemIn(second, [], finding),
    ],
  };
}
