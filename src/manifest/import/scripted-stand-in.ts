import { referencesOf } from '../manifest-reference.ts';
import { addressOf, type Address } from '../resource.ts';
import type { Conversion } from './conversion.ts';
import type { ForeignDocument } from './foreign.ts';

/**
 * Endpoints for models that documents name and no file declares, so that what names them can be tried: each answers
 * from a script beside it, and is flagged where it is named. What was refused is not replaced.
 */
export function standInForModels(conversion: Conversion): void {
  const wanted = new Map<
    Address,
    { readonly namespace: string; readonly name: string; readonly from: Set<ForeignDocument> }
  >();
  const declared = new Set(
    [...conversion.estate.documents.keys()].map((document) => addressOfDocument(document, conversion)),
  );
  for (const resource of conversion.emitted.values()) {
    for (const { kind, address, namespace, name } of referencesOf(resource, { spec: resource.spec })) {
      if (kind !== 'ModelEndpoint' || conversion.emitted.has(address) || declared.has(address)) continue;
      const one = wanted.get(address) ?? { namespace, name, from: new Set<ForeignDocument>() };
      for (const document of resource.from) one.from.add(document);
      wanted.set(address, one);
    }
  }
  for (const { namespace, name, from } of wanted.values()) {
    const [first, ...others] = from;
    if (first === undefined) continue;
    const spec = { provider: 'scripted', model: 'scripted', scriptFile: `${name}.script.yaml` };
    const remarks = ['No file declares this model: put the real one in its place before this goes live.'];
    const made = conversion.emit(first, { kind: 'ModelEndpoint', namespace, name, spec, remarks });
    made.from.push(...others);
    for (const document of from)
      document.spec.flag(
        'import.scripted',
        `No file declares the model \`${name}\`: one that answers from a script stands in for it, in every environment.`,
      );
  }
}

function addressOfDocument(document: ForeignDocument, { estate }: Conversion): Address | undefined {
  const identity = estate.namedAs(document);
  return identity === undefined ? undefined : addressOf(identity);
}
