import { canonicalText } from '../digest.ts';
import { shownPath } from '../file-name.ts';
import { grouped } from '../grouped.ts';
import { isJsonObject, type Json } from '../json.ts';
import type { ForeignKind } from './dialect.ts';
import type { ForeignDocument } from './foreign.ts';
import { strayOf, type Stray } from './stray.ts';

/**
 * Documents of one identity, whatever version they are written in: of several that say the same one is kept and the
 * others are returned as ignored; of those that differ none is, for nobody can tell which is meant.
 */
export function refuseDuplicates(documents: Map<ForeignDocument, ForeignKind>): readonly Stray[] {
  const byIdentity = grouped([...documents.keys()], ({ group, kind, namespace, name }) =>
    [group, kind, namespace, name].join('\0'),
  );
  const strays: Stray[] = [];
  for (const [first, ...others] of byIdentity.values()) {
    if (first === undefined || others.length === 0) continue;
    const text = comparedText(first);
    const isSame = others.every((other) => comparedText(other) === text);
    if (isSame) strays.push(...others.map((other) => repeated(other, first, documents)));
    else if (documents.get(first)?.fate.fate !== 'ignored') refuseAll([first, ...others]);
  }
  return strays;
}

/** What two documents are compared by: of Secrets the keys, for values are never read. */
function comparedText({ kind, value }: ForeignDocument): string {
  return canonicalText(kind.endsWith('Secret') ? withoutValues(value) : value);
}

const holdingValues: ReadonlySet<string> = new Set(['data', 'stringData', 'encryptedData']);

function withoutValues(value: Json): Json {
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => {
      if (key === 'spec') return [key, withoutValues(one)];
      return [key, holdingValues.has(key) && isJsonObject(one) ? Object.keys(one).sort() : one];
    }),
  );
}

function repeated(other: ForeignDocument, first: ForeignDocument, documents: Map<ForeignDocument, ForeignKind>): Stray {
  documents.delete(other);
  const message = `It is the same as ${placeText(first)}.`;
  const kind = `${other.apiVersion} ${other.kind}`;
  const problem = { code: 'import.ignored', severity: 'warning', message, ...other.place } as const;
  return strayOf('ignored', kind, problem);
}

const shownMax = 3;

function refuseAll(documents: readonly ForeignDocument[]): void {
  for (const document of documents) {
    const others = documents.filter((other) => other !== document);
    const places = others.slice(0, shownMax).map(placeText).join(', ');
    const more = others.length > shownMax ? ` and ${others.length - shownMax} more` : '';
    const message = `\`${document.kind}\` of this name and namespace is also in ${places}${more}, and says something else there.`;
    const help = 'Remove all but one, or import their folders one at a time.';
    document.root.at('metadata', 'name').refuse({ code: 'import.duplicate', message, help });
  }
}

function placeText({ place: { file, line } }: ForeignDocument): string {
  return `${shownPath(file)}:${line}`;
}
