import { parseDocuments } from './document.ts';
import type { JsonObject } from './json.ts';
import { patchAnnotation } from './patch.ts';
import type { Address } from './resource.ts';
import { type Validated, validate } from './validate.ts';

/** A change by hand over what Git says: a patch of a path that comes after all paths of the environment. */
export interface OverrideLayer {
  readonly id: string;
  readonly address: Address;
  /** RFC 7386 merge patch of the manifest's `spec`. */
  readonly spec: JsonObject;
}

/** Where an override is said to be written: no file of a repository that holds manifests is named so. */
export function overridePath({ id }: Pick<OverrideLayer, 'id'>): string {
  return `override ${id}`;
}

export function isOverridePath(file: string): boolean {
  return /^override [0-9a-f]{8}$/.test(file);
}

export function layerOf({ id, address, spec }: OverrideLayer): OverrideLayer {
  return { id, address, spec };
}

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
