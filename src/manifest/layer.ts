import type { Document } from './document.ts';
import { isJsonObject, own, type Json } from './json.ts';
import type { Path } from './text.ts';

/**
 * The document that wrote what stands at a path: of a manifest and its patches the last one that says anything about
 * it. What none of them wrote is looked for in the one that wrote most of the way to it.
 */
export function writerOf(document: Document, path: Path): Document {
  const [base, ...patches] = document.layers ?? [document];
  let writer = base ?? document;
  let longest = stepsIn(writer.value, path);
  for (const patch of patches) {
    const steps = stepsIn(patch.value, path);
    // A patch that goes all the way has the last word; one that only touches the neighbourhood has not.
    if (steps === path.length || steps > longest) [writer, longest] = [patch, steps];
  }
  return writer;
}

/** How many steps of the path lead somewhere. A value that is no map was written whole: it answers for all below it. */
function stepsIn(value: Json, path: Path): number {
  let at = value;
  for (const [index, part] of path.entries()) {
    if (!isJsonObject(at)) return path.length;
    const next = own(at, String(part));
    if (next === undefined) return index;
    at = next;
  }
  return path.length;
}
