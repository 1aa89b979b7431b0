import type { ASTNode } from '@marcbachmann/cel-js';
import type { Typing } from './expression-typing.ts';
import { accessOf } from './expression-inspect.ts';
import type { Operand } from './expression-operator.ts';
import { dyn, type MapType, membersOf, shownType, unionOf, type ValueType } from './expression-type.ts';
import { didYouMean } from './nearest.ts';
import { shownText } from './shown.ts';

/** A value of which a part is read. */
export interface Reading {
  readonly node: ASTNode;
  readonly receiver: ASTNode;
  readonly type: ValueType;
  /** `.?key`: what is not there is nothing, and no failure. */
  readonly isAsking: boolean;
}

/** The type of `receiver.key`. */
export function accessType(key: string, reading: Reading, typing: Typing): ValueType {
  const isOptional = reading.type.kind === 'optional';
  const type = reading.type.kind === 'optional' ? reading.type.value : reading.type;
  const parts = membersOf(type).map((member) => partOf(member, key));
  const found = parts.flatMap((part) => (part.type === undefined ? [] : [part.type]));
  if (found.length === 0) {
    reportUnknown(key, { ...reading, type }, typing);
    return dyn;
  }
  if (reading.isAsking || isOptional) return { kind: 'optional', value: unionOf(found) };
  reportMissing(key, { ...reading, type }, { parts, typing });
  return unionOf(found);
}

interface Part {
  /** Undefined: there never is one. */
  readonly type: ValueType | undefined;
  readonly isSure: boolean;
}

function partOf(type: ValueType, key: string): Part {
  if (type.kind === 'dyn') return { type: dyn, isSure: true };
  if (type.kind !== 'map') return { type: undefined, isSure: false };
  const field = type.fields().get(key);
  if (field !== undefined) return { type: field.type(), isSure: field.required };
  if (type.rest === 'closed') return { type: undefined, isSure: false };
  if (typeof type.rest === 'function') return { type: type.rest(), isSure: false };
  // A schema that declares nothing says nothing of what is there.
  return { type: dyn, isSure: type.fields().size === 0 };
}

function reportUnknown(key: string, { node, receiver, type }: Reading, typing: Typing): void {
  const whole = shownText(receiver.input.slice(receiver.start, receiver.end));
  const offset = keyOffset(node, key);
  const maps = membersOf(type).filter((member) => member.kind === 'map');
  if (maps.length === 0) {
    const message = `\`${whole}\` is ${shownType(type)}, which has no field \`${shownText(key)}\`.`;
    const help = 'Read the value itself.';
    return typing.report({ code: 'expression.unknown_field', message, help, offset });
  }
  const names = fieldNames(maps);
  const help =
    didYouMean(key, names) ??
    (names.length === 0 ? 'It has none.' : `Its fields: ${names.slice(0, 12).map(shownText).join(', ')}.`);
  const message = `\`${whole}\` has no field \`${shownText(key)}\`.`;
  typing.report({ code: 'expression.unknown_field', message, help, offset });
}

function fieldNames(types: readonly ValueType[]): string[] {
  return [...new Set(types.flatMap((type) => (type.kind === 'map' ? [...type.fields().keys()] : [])))];
}

interface Parts {
  readonly parts: readonly Part[];
  readonly typing: Typing;
}

function reportMissing(key: string, { node, receiver, type }: Reading, { parts, typing }: Parts): void {
  if (parts.every(({ isSure }) => isSure)) return;
  const members = membersOf(type);
  const whole = shownText(receiver.input.slice(receiver.start, receiver.end));
  const at = { severity: 'warning', offset: keyOffset(node, key) } as const;
  const others = members.filter((member) => member.kind !== 'map' && member.kind !== 'dyn');
  if (others.length > 0) {
    const message = `\`${whole}\` may be ${shownType(unionOf(others))}, and then has no field \`${shownText(key)}\`.`;
    const help = others.every((other) => shownType(other) === 'null')
      ? `Ask first: \`${whole} != null ? … : …\`.`
      : `Ask first: \`type(${whole}) == map ? … : …\`.`;
    return typing.report({ ...at, code: 'expression.may_fail', message, help });
  }
  const maps = members.filter((member) => member.kind === 'map');
  if (maps.some(({ role }) => role === 'nodes')) return reportSkipped(key, at, typing);
  const declared = maps.some((map) => map.fields().has(key));
  const near = declared ? undefined : didYouMean(key, fieldNames(maps));
  const message = declared
    ? `\`${whole}\` may have no field \`${shownText(key)}\`: its schema does not require it.`
    : `The schema of \`${whole}\` does not declare \`${shownText(key)}\`, and the run fails where it is missing.`;
  const help = near ?? guard(key, whole);
  typing.report({ ...at, code: 'expression.may_be_missing', message, help });
}

function guard(key: string, whole: string): string {
  if (!isIdentifier(key)) return `Ask first: \`"${shownText(key)}" in ${whole} ? … : …\`, or require it in the schema.`;
  return `Write \`${whole}.?${key}.orValue(…)\`, ask \`has(${whole}.${key})\` first, or require it in the schema.`;
}

function reportSkipped(key: string, at: { severity: 'warning'; offset: number }, typing: Typing): void {
  const name = shownText(key);
  const message = `\`${name}\` may have no output: it can be skipped, or fail, or come only in a later turn.`;
  const help = isIdentifier(key)
    ? `Write \`nodes.?${name}.output.orValue(…)\`, or ask \`has(nodes.${name})\` first.`
    : `Write \`nodes[?"${name}"].output.orValue(…)\`, or ask \`"${name}" in nodes\` first.`;
  typing.report({ ...at, code: 'expression.may_be_skipped', message, help });
}

function isIdentifier(key: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(key);
}

function keyOffset(node: ASTNode, key: string): number {
  if ((node.op === '[]' || node.op === '[?]') && typeof node.args[1] !== 'string') return node.args[1].start;
  return node.end - key.length;
}

/** The type of `receiver[index]`, where the index is computed. */
export function indexType(index: Operand, reading: Reading, typing: Typing): ValueType {
  const type = reading.type.kind === 'optional' ? reading.type.value : reading.type;
  const isNumber = membersOf(index.type).some((member) => member.kind === 'dyn' || isNumeric(member));
  const isText = membersOf(index.type).some((member) => member.kind === 'dyn' || isNamed(member, 'string'));
  const found: ValueType[] = [];
  for (const member of membersOf(type)) {
    if (member.kind === 'dyn') found.push(dyn);
    else if (member.kind === 'list' && isNumber) found.push(member.element());
    else if (member.kind === 'map' && isText) found.push(valuesOf(member));
  }
  const value = found.length === 0 ? dyn : unionOf(found);
  if (found.length === 0) {
    const whole = shownText(reading.receiver.input.slice(reading.receiver.start, reading.receiver.end));
    const message = `\`${whole}\` is ${shownType(type)}, and cannot be read at ${shownType(index.type)}.`;
    const help = 'Lists are read at an int, maps at a string.';
    typing.report({ code: 'expression.type', message, help, offset: index.node.start });
  }
  return reading.isAsking || reading.type.kind === 'optional' ? { kind: 'optional', value } : value;
}

function isNamed(type: ValueType, name: string): boolean {
  return type.kind === 'scalar' && type.name === name;
}

function isNumeric(type: ValueType): boolean {
  return isNamed(type, 'int') || isNamed(type, 'uint') || isNamed(type, 'double');
}

function valuesOf(type: MapType): ValueType {
  if (type.rest === 'open') return dyn;
  const values = [...type.fields().values()].map((field) => field.type());
  if (typeof type.rest === 'function') values.push(type.rest());
  return values.length === 0 ? dyn : unionOf(values);
}

/** `has(a.b.c)` asks for `c`; that `b` is there is taken for granted. */
export function checkAsked(asked: ASTNode, typing: Typing, typeOf: (node: ASTNode, typing: Typing) => ValueType): void {
  const access = accessOf(asked);
  if (access === undefined) return;
  const type = typeOf(access.receiver, typing);
  const reading = { node: asked, receiver: access.receiver, type, isAsking: true };
  accessType(access.key, reading, typing);
}
