import { isJsonList, isJsonObject, type Json, type JsonObject } from '../manifest/json.ts';
import { qualify } from '../manifest/reference.ts';

/** What a manifest's members hold, empty where it has none of that form. */
export function specOf(manifest: JsonObject): JsonObject {
  return objectIn(manifest, 'spec');
}

export function objectIn(holder: JsonObject, key: string): JsonObject {
  const value = holder[key];
  return isJsonObject(value) ? value : {};
}

export function listIn(holder: JsonObject, key: string): readonly Json[] {
  const value = holder[key];
  return isJsonList(value) ? value : [];
}

export function referencesIn(spec: JsonObject, key: string, namespace: string): readonly string[] {
  return textsIn(spec, key).map((reference) => qualify(reference, namespace));
}

export function textsIn(holder: JsonObject, key: string): readonly string[] {
  return listIn(holder, key).filter((value) => typeof value === 'string');
}
