import { isJsonList, isJsonObject, type Json, own } from '../manifest/json.ts';
import { makingOf } from '../manifest/origin.ts';
import { placeIn } from '../manifest/place.ts';
import type { Kind, Place, Resource } from '../manifest/resource.ts';
import type { Path } from '../manifest/text.ts';
import { entriesByKey, listKeyAt } from './list-keys.ts';

/**
 * Where the one of these fields that is still there is written, by their paths as a `FieldChange` has them; where the
 * only one is gone, what held it. Undefined where that is not one place, or not known: of what was read from the
 * database, and of what Defaults or pawl itself gave.
 */
export function fieldPlace(resource: Resource, paths: readonly string[]): Place | undefined {
  const making = makingOf(resource);
  if (making === undefined) return undefined;
  const { document } = making.manifest;
  const ways = paths.map((path) => written(resource.kind, document.value, stepsIn(path)));
  const there = ways.filter(({ isWhole }) => isWhole);
  const [way, ...others] = there.length > 0 ? there : ways;
  // There always is a `spec`, which says nothing about what is missing in it.
  if (way === undefined || others.length > 0 || way.path.length < 2) return undefined;
  return placeIn(document, way.isWhole ? way.path : [...way.path, missing]);
}

/** No manifest holds it, so that what is above it is found. */
const missing = '\0';

/** `spec.tools["search"].toolRef` in its steps; none where it is no such path. */
function stepsIn(path: string): readonly string[] {
  const steps: string[] = [];
  const part = /\.?([A-Za-z_][\w-]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/gy;
  while (part.lastIndex < path.length) {
    const match = part.exec(path);
    if (match === null) return [];
    const [, name, index, quoted] = match;
    steps.push(name ?? index ?? (JSON.parse(quoted ?? '""') as string));
  }
  return steps;
}

interface Way {
  /** As far as the steps lead in what the author wrote, with the index of each entry of a list that goes by a key. */
  readonly path: Path;
  readonly isWhole: boolean;
}

function written(kind: Kind, value: Json, steps: readonly string[]): Way {
  const path: (string | number)[] = [];
  let at: Json | undefined = value;
  for (const [depth, step] of steps.entries()) {
    const next: string | number | undefined = isJsonList(at) ? indexIn(at, kind, { steps, depth }) : step;
    const below: Json | undefined = isJsonList(at) ? at[Number(next)] : isJsonObject(at) ? own(at, step) : undefined;
    if (next === undefined || below === undefined) return { path, isWhole: false };
    path.push(next);
    at = below;
  }
  return { path, isWhole: true };
}

function indexIn(
  list: readonly Json[],
  kind: Kind,
  { steps, depth }: { readonly steps: readonly string[]; readonly depth: number },
): number | undefined {
  const step = steps[depth] ?? '';
  const key = listKeyAt(kind, steps.slice(0, depth));
  const index = key === 'index' ? Number(step) : [...entriesByKey(list, key).keys()].indexOf(step);
  return index >= 0 && index < list.length ? index : undefined;
}
