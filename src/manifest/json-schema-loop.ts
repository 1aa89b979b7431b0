import { isJsonObject, type Json, type JsonObject } from './json.ts';
import type { SchemaFinding } from './json-schema-finding.ts';
import { localTargets } from './json-schema-target.ts';

/** References that lead back to themselves without descending into the value: checking a value would never end. */
export function loopFindings(root: JsonObject): SchemaFinding[] {
  const targets = localTargets(root);
  const done = new Set<Json>();
  const open = new Set<Json>();
  const loops = (schema: Json): boolean => {
    if (!isJsonObject(schema) || done.has(schema)) return false;
    if (open.has(schema)) return true;
    open.add(schema);
    const found = inPlace(schema, targets).some(loops);
    open.delete(schema);
    done.add(schema);
    return found;
  };
  if (![...targets.values()].some(loops)) return [];
  const message = 'A `$ref` leads back to itself, so that checking a value would never end.';
  return [{ code: 'schema.ref', message, path: [], part: 'key', help: 'Put `properties` or `items` between the two.' }];
}

/** The schemas that are applied to the same value. */
function inPlace(schema: JsonObject, targets: ReadonlyMap<string, Json>): Json[] {
  const found: Json[] = [];
  const reference = schema['$ref'];
  if (typeof reference === 'string') found.push(targets.get(reference) ?? true);
  for (const keyword of ['not', 'if', 'then', 'else']) found.push(schema[keyword] ?? true);
  for (const keyword of ['allOf', 'anyOf', 'oneOf']) found.push(...listOf(schema[keyword]));
  if (isJsonObject(schema['dependentSchemas'])) found.push(...Object.values(schema['dependentSchemas']));
  return found;
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}
