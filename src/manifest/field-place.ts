import { schemas } from './schemas.gen.ts';
import { fieldsTitled, pathText, withInner } from './schema-field.ts';
import type { Path } from './text.ts';

/** Where a field that is in the wrong place belongs: further up or further down, if that is one place only. */
export function placeOfField(file: string, name: string, holder: Path): string | undefined {
  const along = (holdersOf(file).get(name) ?? []).filter((place) => isAlong(place, holder));
  const [place, another] = along;
  if (place === undefined || another !== undefined) return undefined;
  return place.length === 0 ? 'at the top of the document' : `under \`${pathText(place)}\``;
}

type Place = readonly string[];

const known = new Map<string, ReadonlyMap<string, readonly Place[]>>();

/** What may hold a field of each name, in a file of `schemas/`. */
function holdersOf(file: string): ReadonlyMap<string, readonly Place[]> {
  const found = known.get(file);
  if (found !== undefined) return found;
  const holders = new Map<string, Place[]>();
  const title = schemas[file]?.['title'];
  for (const { path } of typeof title === 'string' ? fieldsTitled(title).flatMap(withInner) : []) {
    const name = path.at(-1) ?? '';
    const places = holders.get(name) ?? [];
    holders.set(name, places);
    places.push(path.slice(0, -1));
  }
  known.set(file, holders);
  return holders;
}

/** Whether one of the two is within the other. */
function isAlong(place: Place, holder: Path): boolean {
  const shared = Math.min(place.length, holder.length);
  return place.slice(0, shared).every((step, at) => step === '*' || step === '[]' || step === holder[at]);
}
