import { isJsonObject, type Json, type JsonObject } from './json.ts';

/** What a `$ref` may name, by how it is written: pointers to parts of the schema, and anchors. */
export function localTargets(root: JsonObject): ReadonlyMap<string, Json> {
  const targets = new Map<string, Json>();
  const walk = (value: Json, pointer: string): void => {
    if (isJsonObject(value)) {
      targets.set(pointer, value);
      if (typeof value['$anchor'] === 'string') targets.set(`#${value['$anchor']}`, value);
      for (const [key, member] of Object.entries(value)) walk(member, `${pointer}/${escaped(key)}`);
    } else if (Array.isArray(value)) {
      for (const [index, member] of value.entries()) walk(member, `${pointer}/${index}`);
    } else if (typeof value === 'boolean') targets.set(pointer, value);
  };
  walk(root, '#');
  return targets;
}

function escaped(key: string): string {
  return encodeURI(key.replaceAll('~', '~0').replaceAll('/', '~1'));
}
