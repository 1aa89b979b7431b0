import type { SourceFile } from '../document.ts';
import type { Problem } from '../problem.ts';
import { checkFields, refuseUnread } from './check-fields.ts';
import { Conversion } from './conversion.ts';
import type { ForeignKind } from './dialect.ts';
import { refuseDuplicates } from './duplicates.ts';
import type { ForeignDocument } from './foreign.ts';
import { ForeignEstate } from './foreign-estate.ts';
import { readForeign } from './read-foreign.ts';
import { standInForModels } from './scripted-stand-in.ts';
import { settle, type Settled } from './settle.ts';
import type { Stray } from './stray.ts';

export interface Imported extends Settled {
  readonly documents: ReadonlyMap<ForeignDocument, ForeignKind>;
  /** What is none of a known kind, or cannot be read. */
  readonly strays: readonly Stray[];
  /** Of files and documents that were not even recognised. */
  readonly problems: readonly Problem[];
}

export interface ImportRules {
  /** Models that no file declares are replaced by ones that answer from scripts. */
  readonly scripted?: boolean;
}

/** Manifests of other systems as pawl's: whatever is not carried over is said at its place. */
export function importManifests(files: readonly SourceFile[], { scripted = false }: ImportRules = {}): Imported {
  const { documents, strays: unknown } = readForeign(files);
  const strays = [...unknown, ...refuseDuplicates(documents)];
  const conversion = new Conversion(new ForeignEstate(documents));
  for (const [document, kind] of documents) {
    // A kind that is left alone has no table: nothing in it is looked at.
    if (Object.keys(kind.fields).length > 0) checkFields(document, kind.fields);
    if (!document.isRefused) kind.rules?.(document);
    if (kind.fate.fate === 'refused') document.root.get('kind').refuse(kind.fate);
  }
  // All are checked by now: what a conversion grants may depend on whether another document holds.
  for (const [document, kind] of documents) convert(document, kind, conversion);
  if (scripted) standInForModels(conversion);
  const problems = strays.flatMap((stray) => (stray.fate === 'refused' ? stray.problems : []));
  return { documents, strays, problems, ...settle(conversion) };
}

function convert(document: ForeignDocument, { fate, fields }: ForeignKind, conversion: Conversion): void {
  if (document.isRefused || fate.fate !== 'mapped') return;
  try {
    fate.convert(document, conversion);
  } catch (cause) {
    // One document that brings out a defect of pawl's must not keep the thousand others from their reader.
    const message = `pawl failed at the document: ${cause instanceof Error ? cause.name : 'an error'}.`;
    const help = 'This is a defect of pawl: report it, with a manifest like this one.';
    document.root.get('kind').refuse({ code: 'import.defect', message, help });
    return;
  }
  // A conversion that refused its document had no reason to read on.
  if (!document.isRefused) refuseUnread(document, fields);
}
