import { parseDocuments, type Document, type SourceFile } from '../document.ts';
import { isJsonObject, own, type Json } from '../json.ts';
import { problemIn } from '../position.ts';
import type { Problem } from '../problem.ts';
import { checkFields, refuseUnread } from './check-fields.ts';
import { Conversion } from './conversion.ts';
import type { Dialect, ForeignKind } from './dialect.ts';
import { dialects } from './dialects.ts';
import { ForeignDocument } from './foreign.ts';
import { ForeignEstate } from './foreign-estate.ts';
import { settle, type Settled } from './settle.ts';

export interface Imported extends Settled {
  readonly documents: ReadonlyMap<ForeignDocument, ForeignKind>;
  /** Of files and documents that were not even recognised. */
  readonly problems: readonly Problem[];
}

/** Manifests of other systems as pawl's: whatever is not carried over is said at its place. */
export function importManifests(files: readonly SourceFile[]): Imported {
  const problems: Problem[] = [];
  const documents = new Map<ForeignDocument, ForeignKind>();
  for (const file of files) {
    const parsed = parseDocuments(file);
    problems.push(...parsed.problems);
    for (const document of parsed.documents) {
      const found = recognise(document, dialects);
      if ('code' in found) problems.push(found);
      else documents.set(found.document, found.kind);
    }
  }
  const conversion = new Conversion(new ForeignEstate(documents));
  for (const [document, kind] of documents) {
    checkFields(document, kind.fields);
    if (!document.isRefused) kind.rules?.(document);
  }
  // All are checked by now: what a conversion grants may depend on whether another document holds.
  for (const [document, kind] of documents) {
    if (document.isRefused || kind.fate.fate !== 'mapped') continue;
    kind.fate.convert(document, conversion);
    refuseUnread(document, kind.fields);
  }
  return { documents, problems, ...settle(conversion) };
}

function recognise(
  document: Document,
  among: readonly Dialect[],
): { document: ForeignDocument; kind: ForeignKind } | Problem {
  const { value } = document;
  const apiVersion = textAt(value, 'apiVersion');
  const kind = textAt(value, 'kind');
  const metadata = isJsonObject(value) ? own(value, 'metadata') : undefined;
  const namespace = textAt(metadata, 'namespace') ?? 'default';
  const name = textAt(metadata, 'name') ?? 'unnamed';
  const foreign = new ForeignDocument(document, { apiVersion: apiVersion ?? '', kind: kind ?? '', namespace, name });
  const fitting = among
    .flatMap(({ kinds }) => kinds)
    .filter((one) => one.kind === kind && one.apiVersions.includes(apiVersion ?? ''))
    .filter((one) => one.fits?.(foreign) ?? true);
  const [found, another] = fitting;
  if (found !== undefined && another === undefined) return { document: foreign, kind: found };
  const message = found === undefined ? `\`${kind}\` of \`${apiVersion}\` is not known.` : 'Two shapes fit.';
  return problemIn(document, ['kind'], { code: found === undefined ? 'import.kind' : 'import.shape', message });
}

function textAt(value: Json | undefined, key: string): string | undefined {
  const found = isJsonObject(value) ? own(value, key) : undefined;
  return typeof found === 'string' ? found : undefined;
}
