import { isJsonObject, type Json } from './json.ts';
import type { Identity } from './resource.ts';

/** What a document that cannot be read may declare; undefined: any kind, any name. */
export interface Lost {
  readonly kinds?: ReadonlySet<string>;
  readonly names?: ReadonlySet<string>;
}

type Wanted = Pick<Identity, 'kind' | 'name'>;

/** Of a file of which nothing can be told. */
export const lostWhole: Lost = {};

/** The kinds and names that a broken text seems to declare: too many rather than too few. */
export function lostInText(text: string): Lost {
  return lost(
    Array.from(text.matchAll(kindPattern), (match) => match[1] ?? ''),
    Array.from(text.matchAll(namePattern), (match) => match[1] ?? ''),
  );
}

/** The same of a document that says of itself only in part what it is. */
export function lostInValue(value: Json): Lost {
  if (!isJsonObject(value)) return lostWhole;
  const { kind, metadata } = value;
  const name = isJsonObject(metadata) ? metadata['name'] : undefined;
  // A kind that does not exist was meant to be one that does, and a name that is none was meant to be any.
  const isName = typeof name === 'string' && label.test(name);
  return isName ? lost([], [name]) : lost(typeof kind === 'string' ? [kind] : [], []);
}

const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Whether a resource may be in it, going by its name. */
export function mayHold({ kinds, names }: Lost, wanted: Wanted): boolean {
  if (names === undefined) return false;
  return names.has(wanted.name) && (kinds === undefined || kinds.has(wanted.kind));
}

/** Whether it may hold anything at all of the kind, under whatever name. */
export function mayHoldAny({ kinds, names }: Lost, wanted: Wanted): boolean {
  return names === undefined && (kinds === undefined || kinds.has(wanted.kind));
}

const kindPattern = /(?:^|[\s{,"'])kind["']?[ \t]*:[ \t]*["']?([A-Za-z]+)/gu;
const namePattern = /(?:^|[\s{,"'])name["']?[ \t]*:[ \t]*["']?([a-z0-9][-a-z0-9]{0,62})/gu;

function lost(kinds: readonly string[], names: readonly string[]): Lost {
  return {
    ...(kinds.length === 0 ? {} : { kinds: new Set(kinds) }),
    ...(names.length === 0 ? {} : { names: new Set(names) }),
  };
}
