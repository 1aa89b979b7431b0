import { Environment } from '@marcbachmann/cel-js';
import { dyn, listOf, membersOf, scalar, unionOf, type ValueType } from './expression-type.ts';

/** What an operator or a function gives for operands of some types, and for which of their types it fails. */
export interface Overload {
  /** Undefined: it fails for all. */
  readonly gives: ValueType | undefined;
  /** By operand, those of its types for which it fails. */
  readonly fails: readonly ValueType[];
}

/** Writes an application of something to operands, given how each is written. */
export type Application = (operands: readonly string[]) => string;

/**
 * Asks the library's own type checker, for each of the types that each operand may have: what it lets through is what
 * it computes in a run, where every value has one type.
 */
export function overloadOf(apply: Application, operands: readonly ValueType[], elements: 'told' | 'any'): Overload {
  const results: ValueType[] = [];
  const passed = operands.map((): Set<ValueType> => new Set());
  for (const combination of combinationsOf(operands)) {
    const gives = resultOf(apply(combination.map((type) => variableOf(type, elements))));
    if (gives === undefined) continue;
    results.push(gives);
    for (const [index, type] of combination.entries()) passed[index]?.add(type);
  }
  if (results.length === 0) return { gives: undefined, fails: [] };
  const fails = operands.map((operand, index) =>
    unionOf(membersOf(operand).filter((member) => passed[index]?.has(member) !== true)),
  );
  return { gives: unionOf(results), fails };
}

/** Enough for operands of four types each; beyond, types are not told apart. */
const combinationsMax = 64;

function combinationsOf(operands: readonly ValueType[]): readonly (readonly ValueType[])[] {
  const count = operands.reduce((product, operand) => product * membersOf(operand).length, 1);
  if (count > combinationsMax) return [operands.map(() => dyn)];
  let combinations: (readonly ValueType[])[] = [[]];
  for (const operand of operands)
    combinations = combinations.flatMap((before) => membersOf(operand).map((member) => [...before, member]));
  return combinations;
}

const scalars = ['int', 'uint', 'double', 'string', 'bool', 'null', 'bytes', 'type'];
const types: Readonly<Record<string, string>> = {
  dyn: 'dyn',
  list: 'list<dyn>',
  map: 'map<string, dyn>',
  timestamp: 'google.protobuf.Timestamp',
  duration: 'google.protobuf.Duration',
  ...Object.fromEntries(scalars.map((name) => [name, name])),
  ...Object.fromEntries(scalars.map((name) => [`list_${name}`, `list<${name}>`])),
};

/** One variable of each type, named after it. */
const environment = Object.entries(types).reduce(
  (built, [name, type]) => built.registerVariable(`a_${name}`, type),
  new Environment({ unlistedVariablesAreDyn: false, homogeneousAggregateLiterals: false, enableOptionalTypes: true }),
);
environment.registerFunction('re2(string, string): bool', () => false);

function variableOf(type: ValueType, elements: 'told' | 'any'): string {
  if (type.kind === 'scalar') {
    const name = type.name.replace('google.protobuf.', '').toLowerCase();
    return `a_${Object.hasOwn(types, name) ? name : 'dyn'}`;
  }
  if (type.kind !== 'list') return type.kind === 'map' ? 'a_map' : 'a_dyn';
  const element = elements === 'told' ? type.element() : dyn;
  return element.kind === 'scalar' && scalars.includes(element.name) ? `a_list_${element.name}` : 'a_list';
}

const results = new Map<string, ValueType | undefined>();

/** What is asked is made of a few operators, functions and types: all of it fits. */
const resultsMax = 20_000;

function resultOf(text: string): ValueType | undefined {
  if (results.has(text)) return results.get(text);
  const checked = environment.check(text);
  const result = checked.valid ? typeNamed(checked.type ?? 'dyn') : undefined;
  if (results.size >= resultsMax) results.clear();
  results.set(text, result);
  return result;
}

/** The type that CEL writes like this. */
function typeNamed(name: string): ValueType {
  if (name === 'list') return listOf(dyn);
  const element = /^list<(.*)>$/.exec(name)?.[1];
  if (element !== undefined) return listOf(typeNamed(element));
  if (name === 'map' || name.startsWith('map<')) return { kind: 'map', fields: () => new Map(), rest: 'open' };
  return name === 'dyn' || name.startsWith('optional') ? dyn : scalar(name);
}
