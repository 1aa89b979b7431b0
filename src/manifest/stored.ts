import { isDeepStrictEqual } from 'node:util';
import { copyOf, writeInDollars } from './canonical.ts';
import type { Document } from './document.ts';
import { isJsonList, isJsonObject, type Json, type JsonObject } from './json.ts';
import type { Problem } from './problem.ts';
import type { Resource } from './resource.ts';
import { checkShape } from './shape.ts';
import { unsupportedIn } from './support.ts';
import type { Path } from './text.ts';
import { unsupportedProblems } from './unsupported.ts';
import { schemaOf } from './validate.ts';

/**
 * Whether this build may put a stored body in force again: it was valid by the schemas of the build that applied it,
 * and those may have been others. What it names is not looked at: a revision was a whole.
 */
export function storedProblems(resource: Resource): readonly Problem[] {
  const { kind, place, address } = resource;
  const written = asWritten(resource);
  // Checking fills defaults in.
  const shape = checkShape(schemaOf[kind], structuredClone(written), documentOf(written, resource));
  const unsupported = unsupportedProblems(kind, documentOf(withoutDefaults(written, resource), resource));
  return [...shape, ...unsupported]
    .filter(({ severity, lacks }) => severity === 'error' || lacks !== undefined)
    .map((problem) => ({
      ...problem,
      ...place,
      address,
      message: `The stored ${address} cannot be honoured by this build: ${problem.message}`,
      help: 'Roll back with the build that applied it, or bring the resource up to date in Git and apply that.',
    }));
}

/** Amounts in dollars, and in place of a script that was read in the name of some file: as the schema has them. */
function asWritten({ kind, manifest }: Resource): JsonObject {
  const copy = copyOf(manifest);
  if (!isJsonObject(copy)) return manifest;
  writeInDollars(kind, copy);
  const { spec } = copy;
  // Its digest stands where the path stood, and is a path by its form.
  if (kind === 'Tool' && isJsonObject(spec) && isJsonObject(spec['wasm'])) {
    const { content: _read, ...wasm } = spec['wasm'];
    return { ...copy, spec: { ...spec, wasm } };
  }
  if (kind !== 'ModelEndpoint' || !isJsonObject(spec) || spec['script'] === undefined) return copy;
  const { script: _read, ...rest } = spec;
  return { ...copy, spec: { ...rest, scriptFile: 'stored.script.yaml' } };
}

function documentOf(value: JsonObject, { place }: Resource): Document {
  return { value, place, index: 0, source: { file: place.file, text: JSON.stringify(value) } };
}

/** A stored body has every default in it, and a default asks for nothing: what comes back by itself is left out. */
function withoutDefaults(manifest: JsonObject, resource: Resource): JsonObject {
  const { kind } = resource;
  const bare = structuredClone(manifest);
  for (const { path } of unsupportedIn(kind, manifest)) {
    const [parent, key] = [at(bare, path.slice(0, -1)), path.at(-1)];
    if (!isJsonObject(parent) || key === undefined || !(key in parent)) continue;
    const written = parent[key];
    const lighter: Record<string, Json> = parent;
    delete lighter[key];
    const filled = structuredClone(bare);
    checkShape(schemaOf[kind], filled, documentOf(filled, resource));
    if (!isDeepStrictEqual(at(filled, path), written) && written !== undefined) lighter[key] = written;
  }
  return bare;
}

function at(value: Json, path: Path): Json | undefined {
  let found: Json | undefined = value;
  for (const key of path) {
    if (isJsonList(found)) found = found[Number(key)];
    else if (isJsonObject(found)) found = found[key];
    else return undefined;
  }
  return found;
}
