import { parseDocuments } from './document.ts';
import type { JsonObject } from './json.ts';
import { type OverrideLayer, overridePath } from './override-layer.ts';
import { patchAnnotation } from './patch.ts';
import { type Validated, validate } from './validate.ts';

// Merging validates anew unless the patch is the very same object: it is, from one snapshot to the next.
const known = new Map<string, Validated | undefined>();
const knownMax = 64;

/** The override as a document like any other: it is checked, merged and resolved as a patch in Git would be. */
export function overrideManifest(layer: OverrideLayer): Validated | undefined {
  const key = JSON.stringify([layer.id, layer.address, layer.spec]);
  if (!known.has(key)) {
    if (known.size >= knownMax) known.clear();
    known.set(key, validated(layer));
  }
  return known.get(key);
}

function validated(layer: OverrideLayer): Validated | undefined {
  const [kind = '', namespace = '', name = ''] = layer.address.split('/');
  const manifest: JsonObject = {
    apiVersion: 'pawl/v1',
    kind,
    metadata: { name, namespace, annotations: { [patchAnnotation]: 'merge' } },
    spec: layer.spec,
  };
  const bytes = new TextEncoder().encode(JSON.stringify(manifest, null, 2));
  const [document] = parseDocuments({ path: overridePath(layer), bytes }).documents;
  return document && validate(document);
}
