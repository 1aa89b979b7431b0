import type { Sound } from './estate.ts';
import { isJsonList, isJsonObject, own, type Json } from './json.ts';
import type { Address, Resource } from './resource.ts';

/** Where a resolved value comes from: `manifest`, the address of Defaults, or `built-in`. */
export type Origin = string;

/** What a resource was made from. */
export interface Making {
  readonly manifest: Sound;
  /** JSON pointers of fields that Defaults gave, and which. */
  readonly given: ReadonlyMap<string, Address>;
  /** Libraries whose texts are in its prompt, in the order of their addresses. */
  readonly libraries: readonly Address[];
}

// Beside the resource, not in it: origins are no part of what is applied, and few of ten thousand are asked for.
const makings = new WeakMap<Resource, Making>();

export function keepMaking(resource: Resource, making: Making): void {
  makings.set(resource, making);
}

/** What a resource of this snapshot was made from; undefined for one that was read from the database. */
export function makingOf(resource: Resource): Making | undefined {
  return makings.get(resource);
}

/** The origin of each value of a resource, by JSON pointer. A value from a file is the manifest's that names the file. */
export function originsOf(resource: Resource): ReadonlyMap<string, Origin> {
  const origins = new Map<string, Origin>();
  const making = makings.get(resource);
  if (making === undefined) return origins;
  const { value } = making.manifest.document;
  collect(resource.manifest, { pointer: '', written: value }, (pointer, isWritten) => {
    const read = pointer === '/spec/prompt' || pointer.startsWith('/spec/script');
    origins.set(pointer, givenAt(pointer, making) ?? (isWritten || read ? 'manifest' : 'built-in'));
  });
  return origins;
}

interface At {
  readonly pointer: string;
  /** What the author wrote there. */
  readonly written: Json | undefined;
}

function collect(value: Json, at: At, found: (pointer: string, isWritten: boolean) => void): void {
  const members: readonly (readonly [string, Json])[] = isJsonList(value)
    ? value.map((element, index) => [String(index), element] as const)
    : isJsonObject(value)
      ? Object.entries(value)
      : [];
  if (members.length === 0) {
    found(at.pointer, at.written !== undefined);
    return;
  }
  for (const [key, member] of members) {
    const pointer = `${at.pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    collect(member, { pointer, written: writtenAt(at.written, key) }, found);
  }
}

/** What was written in a short way (`operation: read`) is written below it too. */
function writtenAt(holder: Json | undefined, key: string): Json | undefined {
  if (isJsonList(holder)) return holder[Number(key)];
  return isJsonObject(holder) ? own(holder, key) : holder;
}

/** Of the field itself, or of a field that holds it. */
function givenAt(pointer: string, { given }: Making): Address | undefined {
  for (const [field, address] of given) if (pointer === field || pointer.startsWith(`${field}/`)) return address;
  return undefined;
}
