import { digest } from './digest.ts';
import { isJsonList, isJsonObject, own, type Json, type JsonObject } from './json.ts';
import { listAt, objectAt } from './manifest-reference.ts';
import { type Making, makingOf } from './origin.ts';
import type { Resource } from './resource.ts';

/**
 * Digest of all that authors wrote of a resource: its manifest with its patches, what Defaults gave it, the texts that
 * were read into it, its pins. Not covered is what pawl itself fills in. So the same digest under another content says
 * that nobody but another build of pawl changed the resource. Undefined for one that was read from the database.
 */
export function writtenDigest(resource: Resource): string | undefined {
  const making = makingOf(resource);
  if (making === undefined) return undefined;
  const known = digests.get(resource) ?? digestOf(resource, making);
  digests.set(resource, known);
  return known;
}

/** A revert plans the very resources again that were there before. */
const digests = new WeakMap<Resource, string>();

function digestOf(resource: Resource, making: Making): string {
  const spec = objectAt(resource.manifest, 'spec');
  return digest({
    document: making.manifest.document.value,
    given: givenValues(resource.manifest, making),
    // A text that authors wrote is in the resource as they wrote it, wherever it was read from.
    texts: { prompt: at(spec, 'prompt'), prompts: at(spec, 'prompts'), script: at(spec, 'script') },
    pinned: at(spec, 'pinned'),
    taken: listAt(spec, 'tools').map((use) => (isJsonObject(use) ? at(use, 'tools') : null)),
  });
}

function givenValues(manifest: JsonObject, { given }: Making): JsonObject {
  const values: Record<string, Json> = {};
  for (const [pointer, from] of given) values[pointer] = [from, valueAt(manifest, pointer) ?? null];
  return values;
}

function valueAt(manifest: JsonObject, pointer: string): Json | undefined {
  let value: Json | undefined = manifest;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    value = isJsonList(value) ? value[Number(key)] : isJsonObject(value) ? own(value, key) : undefined;
  }
  return value;
}

function at(holder: JsonObject, key: string): Json {
  return own(holder, key) ?? null;
}
