import type { ASTNode } from '@marcbachmann/cel-js';
import { accessOf } from './expression-inspect.ts';
import { type Field, type MapType, membersOf, unionOf, type ValueType } from './expression-type.ts';
import type { Names } from './expression-typing.ts';
import type { Json } from './json.ts';

/** What a condition that came out one way says of a value. */
interface Fact {
  readonly root: string;
  readonly path: readonly string[];
  readonly holds: { readonly kind: 'present' } | { readonly kind: 'is' | 'isNot'; readonly type: TypeTest };
}

/** Whether a type that is no union passes. */
type TypeTest = (type: ValueType) => boolean;

/** The names as they are where a condition came out like this. */
export function narrowed(names: Names, condition: ASTNode, outcome: boolean): Names {
  return withFacts(names, factsOf(condition, outcome));
}

/** Whether no value of the types lets a condition come out like this. */
export function isImpossible(names: Names, condition: ASTNode, outcome: boolean): boolean {
  return factsOf(condition, outcome).some(({ root, path, holds }) => {
    const type = names.get(root);
    return type !== undefined && membersOf(type).every((member) => refinedMember(member, path, holds).length === 0);
  });
}

/** The names with no more than is there for certain where a condition came out like this. */
export function present(names: Names, condition: ASTNode, outcome: boolean): Names {
  return withFacts(
    names,
    factsOf(condition, outcome).filter(({ holds }) => holds.kind === 'present'),
  );
}

function withFacts(names: Names, facts: readonly Fact[]): Names {
  if (facts.length === 0) return names;
  const known = new Map(names);
  for (const fact of facts) {
    const type = known.get(fact.root);
    if (type !== undefined) known.set(fact.root, refined(type, fact.path, fact.holds));
  }
  return known;
}

function factsOf(node: ASTNode, outcome: boolean): Fact[] {
  switch (node.op) {
    case '&&':
      return outcome ? node.args.flatMap((side) => factsOf(side, true)) : [];
    case '||':
      return outcome ? [] : node.args.flatMap((side) => factsOf(side, false));
    case '!_':
      return factsOf(node.args, !outcome);
    case 'call': {
      const [asked] = node.args[1];
      return outcome && node.args[0] === 'has' && asked !== undefined ? factAt(asked, { kind: 'present' }) : [];
    }
    case 'in':
      return outcome ? presentKey(node.args) : [];
    case '==':
      return equality(node.args, outcome);
    case '!=':
      return equality(node.args, !outcome);
    default:
      return [];
  }
}

/** `"key" in map`. */
function presentKey([key, holder]: readonly [ASTNode, ASTNode]): Fact[] {
  const at = pathOf(holder);
  if (at === undefined || key.op !== 'value' || typeof key.args !== 'string') return [];
  return [{ root: at.root, path: [...at.path, key.args], holds: { kind: 'present' } }];
}

function equality([left, right]: readonly [ASTNode, ASTNode], equal: boolean): Fact[] {
  const isTurned = left.op === 'value' || (left.op === 'id' && right.op === 'call');
  const [value, literal] = isTurned ? [right, left] : [left, right];
  const kind = equal ? 'is' : 'isNot';
  // `type(x) == string`
  if (value.op === 'call' && value.args[0] === 'type' && literal.op === 'id') {
    const [asked] = value.args[1];
    const name = literal.args === 'null_type' ? 'null' : literal.args;
    const type: TypeTest = (member) => (member.kind === 'scalar' ? member.name : member.kind) === name;
    return asked === undefined ? [] : factAt(asked, { kind, type });
  }
  if (literal.op !== 'value') return [];
  const written = jsonOf(literal.args);
  if (written === null) return factAt(value, { kind, type: (member) => isNull(member) });
  if (written === undefined) return [];
  const type: TypeTest = (member) => {
    if (member.kind !== 'scalar' || isNull(member)) return false;
    const { values } = member;
    // Being another value says nothing, unless there is no other.
    return equal ? (values?.includes(written) ?? true) : values?.length === 1 && values[0] === written;
  };
  return factAt(value, { kind, type });
}

function isNull(type: ValueType): boolean {
  return type.kind === 'scalar' && type.name === 'null';
}

/** The value of a literal, as JSON has it. */
export function jsonOf(literal: unknown): Json | undefined {
  if (literal === null || typeof literal === 'string' || typeof literal === 'boolean') return literal;
  if (typeof literal === 'bigint' || typeof literal === 'number') return Number(literal);
  return undefined;
}

function factAt(node: ASTNode, holds: Fact['holds']): Fact[] {
  const at = pathOf(node);
  return at === undefined ? [] : [{ ...at, holds }];
}

/** The name and the keys of `name.key["key"]`. */
function pathOf(node: ASTNode): { readonly root: string; readonly path: readonly string[] } | undefined {
  const path: string[] = [];
  let at = node;
  for (let access = accessOf(at); access !== undefined; access = accessOf(at)) {
    path.unshift(access.key);
    at = access.receiver;
  }
  return at.op === 'id' ? { root: at.args, path } : undefined;
}

function refined(type: ValueType, path: readonly string[], holds: Fact['holds']): ValueType {
  const members = membersOf(type).flatMap((member) => refinedMember(member, path, holds));
  // A condition that cannot hold is reported where it stands; what follows from it is not.
  return members.length === 0 ? { kind: 'dyn' } : unionOf(members);
}

function refinedMember(type: ValueType, path: readonly string[], holds: Fact['holds']): ValueType[] {
  const [key, ...below] = path;
  if (type.kind === 'dyn') return [type];
  if (key === undefined) {
    if (holds.kind === 'present') return [type];
    return holds.type(type) === (holds.kind === 'is') ? [type] : [];
  }
  if (type.kind !== 'map') return [];
  const field = type.fields().get(key);
  if (field === undefined && type.rest === 'closed') return [];
  const inner = field?.type() ?? (typeof type.rest === 'function' ? type.rest() : ({ kind: 'dyn' } as const));
  const possible = membersOf(inner).flatMap((member) => refinedMember(member, below, holds));
  if (possible.length === 0) return [];
  const value = unionOf(possible);
  return [withField(type, key, { type: () => value, required: true })];
}

function withField(type: MapType, key: string, field: Field): MapType {
  return { ...type, fields: () => new Map([...type.fields(), [key, field]]) };
}
