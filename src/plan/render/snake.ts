import type { Json, JsonObject } from '../../manifest/json.ts';

/**
 * A part of the plan as JSON has it: members in snake case, what is undefined as null. For values whose members are
 * all named by a type: a map with names from outside would have them changed.
 */
export function snake(value: unknown): Json {
  if (value === undefined || value === null) return null;
  if (Array.isArray(value)) return value.map((entry: unknown) => snake(entry));
  if (typeof value === 'object') return snakeObject(value);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  throw new TypeError(`A plan holds a ${typeof value}, which JSON has not.`);
}

export function snakeObject(value: object): JsonObject {
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [snakeName(key), snake(entry)]));
}

function snakeName(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
