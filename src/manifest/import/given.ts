import type { Json, JsonObject } from '../json.ts';

/** The fields that are there: a spec is written without those that nothing was said of. */
export function given(fields: Readonly<Record<string, Json | undefined>>): JsonObject {
  const present: Record<string, Json> = {};
  for (const [field, value] of Object.entries(fields)) if (value !== undefined) present[field] = value;
  return present;
}
