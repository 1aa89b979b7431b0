import { isJsonList, isJsonObject, type Json, type JsonObject } from '../manifest/json.ts';

/** A shorter number identifies nobody; a longer one may be a card's or a telephone's, whether it is quoted or not. */
const numberLengthMin = 6;

/** Every text of a value: strings, names of members, and long numbers, by which a guard could be passed else. */
export function collectTexts(value: Json, into: Set<string>): void {
  if (typeof value === 'string') into.add(value);
  else if (typeof value === 'number') {
    const text = String(value);
    if (text.length >= numberLengthMin) into.add(text);
  } else if (isJsonList(value)) for (const entry of value) collectTexts(entry, into);
  else if (isJsonObject(value)) {
    for (const [name, member] of Object.entries(value)) {
      into.add(name);
      collectTexts(member, into);
    }
  }
}

/** Two names of members that became the same one. */
export class NamesCollide extends Error {}

/** The value with other texts in the place of some. A number whose text changes becomes a string. */
export function replaceTexts(value: Json, changed: ReadonlyMap<string, string>): Json {
  if (changed.size === 0) return value;
  if (typeof value === 'string') return changed.get(value) ?? value;
  if (typeof value === 'number') return changed.get(String(value)) ?? value;
  if (isJsonList(value)) return value.map((entry) => replaceTexts(entry, changed));
  return isJsonObject(value) ? replaceMembers(value, changed) : value;
}

function replaceMembers(value: JsonObject, changed: ReadonlyMap<string, string>): JsonObject {
  const members = Object.entries(value).map(
    ([name, member]) => [changed.get(name) ?? name, replaceTexts(member, changed)] as const,
  );
  const replaced = Object.fromEntries(members);
  if (Object.keys(replaced).length !== members.length) throw new NamesCollide('two members have the same name now');
  return replaced;
}
