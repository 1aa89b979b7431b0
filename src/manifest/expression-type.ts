import type { Json } from './json.ts';

/** What is known of a value before a run: JSON's types under the names that CEL gives them. */
export type ValueType =
  /** Anything. */
  | { readonly kind: 'dyn' }
  | ScalarType
  | { readonly kind: 'list'; readonly element: () => ValueType }
  | MapType
  /** One of several; none of them is a union or `dyn`. */
  | { readonly kind: 'union'; readonly members: readonly ValueType[] }
  /** What `.?` gives: a value or nothing. */
  | { readonly kind: 'optional'; readonly value: ValueType };

export interface ScalarType {
  readonly kind: 'scalar';
  /** `int`, `double`, `string`, `bool`, `null`, or another type of CEL. */
  readonly name: string;
  /** The only values it can have, where they are known. */
  readonly values?: readonly Json[];
}

export interface MapType {
  readonly kind: 'map';
  readonly fields: () => ReadonlyMap<string, Field>;
  /** What other keys hold: nothing, what is not said, or values of a type. */
  readonly rest: 'closed' | 'open' | (() => ValueType);
  /** What the map is, where it is not a value of its own: `nodes`. */
  readonly role?: 'nodes';
}

export interface Field {
  readonly type: () => ValueType;
  /** Whether it is there in every value. */
  readonly required: boolean;
}

export const dyn: ValueType = { kind: 'dyn' };

export function scalar(name: string, values?: readonly Json[]): ScalarType {
  return values === undefined ? { kind: 'scalar', name } : { kind: 'scalar', name, values };
}

export function listOf(element: ValueType): ValueType {
  return { kind: 'list', element: () => element };
}

/** A map that has these fields and no others. */
export function recordOf(fields: Readonly<Record<string, ValueType>>): MapType {
  const entries = Object.entries(fields).map(([name, type]): [string, Field] => [
    name,
    { type: () => type, required: true },
  ]);
  return { kind: 'map', fields: () => new Map(entries), rest: 'closed' };
}

/** More alternatives than this are not told apart. */
const membersMax = 16;

/** One of these: alternatives of one scalar type are one, and `dyn` is all of them. */
export function unionOf(types: readonly ValueType[]): ValueType {
  const scalars = new Map<string, ScalarType>();
  const others: ValueType[] = [];
  for (const type of types.flatMap(membersOf)) {
    if (type.kind === 'dyn') return dyn;
    if (type.kind === 'scalar') scalars.set(type.name, either(scalars.get(type.name), type));
    else if (!others.includes(type)) others.push(type);
  }
  const members = [...scalars.values(), ...others];
  if (members.length > membersMax) return dyn;
  const [first] = members;
  return members.length === 1 && first !== undefined ? first : { kind: 'union', members };
}

function either(a: ScalarType | undefined, b: ScalarType): ScalarType {
  if (a === undefined) return b;
  if (a.values === undefined || b.values === undefined) return scalar(b.name);
  return scalar(b.name, [...new Set([...a.values, ...b.values])]);
}

export function membersOf(type: ValueType): readonly ValueType[] {
  return type.kind === 'union' ? type.members : [type];
}

/** The type that a value has once it was kept as JSON: 2.0 is 2 then, and a whole number is an int. */
export function asJson(type: ValueType): ValueType {
  switch (type.kind) {
    case 'scalar':
      return scalarAsJson(type);
    case 'list':
      return { kind: 'list', element: () => asJson(type.element()) };
    case 'map': {
      const { fields, rest } = type;
      const kept = (): ReadonlyMap<string, Field> =>
        new Map(Array.from(fields(), ([name, field]) => [name, { ...field, type: () => asJson(field.type()) }]));
      return { ...type, fields: kept, rest: typeof rest === 'function' ? () => asJson(rest()) : rest };
    }
    case 'union':
      return unionOf(type.members.map(asJson));
    case 'optional':
      return asJson(type.value);
    case 'dyn':
      return type;
  }
}

function scalarAsJson(type: ScalarType): ValueType {
  if (type.name === 'double')
    return type.values === undefined ? unionOf([scalar('int'), type]) : unionOf(type.values.map(numberType));
  if (type.name === 'uint') return scalar('int');
  return type.name.startsWith('google.protobuf.') ? scalar('string') : type;
}

function numberType(value: Json): ValueType {
  return scalar(Number.isSafeInteger(value) ? 'int' : 'double', [value]);
}

/** A type in a message. */
export function shownType(type: ValueType): string {
  const names = new Set(membersOf(type).map(nameOf));
  if (names.has('int') && names.has('double')) {
    names.delete('double');
    names.delete('int');
    names.add('number');
  }
  return [...names].join(' or ');
}

function nameOf(type: ValueType): string {
  return type.kind === 'scalar' ? type.name.replace('google.protobuf.', '').toLowerCase() : type.kind;
}
