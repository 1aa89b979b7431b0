import type { ASTNode } from '@marcbachmann/cel-js';
import type { Typing } from './expression-typing.ts';
import { type Application, overloadOf } from './expression-overload.ts';
import { dyn, listOf, membersOf, scalar, shownType, unionOf, type ValueType } from './expression-type.ts';
import type { Json } from './json.ts';
import { didYouMean } from './nearest.ts';
import { shownText } from './shown.ts';

/** A part of an expression with its type. */
export interface Operand {
  readonly node: ASTNode;
  readonly type: ValueType;
}

/** Something applied to operands. */
interface Applied {
  readonly node: ASTNode;
  readonly operands: readonly Operand[];
  readonly apply: Application;
}

type Pair = readonly [Operand, Operand];

/** The type of `left op right`. */
export function binaryType(node: ASTNode, operands: Pair, typing: Typing): ValueType {
  const [left, right] = operands;
  if (reportOptional(operands, typing)) return dyn;
  if (node.op === '==' || node.op === '!=') {
    // Asking for null where there never is one is harmless, and often only careful.
    const asksNull = [left, right].some(({ node: side }) => side.op === 'value' && side.args === null);
    if (!asksNull && !mayEqual(left.type, right.type)) reportNeverEqual(node, operands, typing);
    return scalar('bool');
  }
  if (node.op === 'in') return containment(node, operands, typing);
  const lists = operands.map(({ type }) => membersOf(type).filter((member) => member.kind === 'list'));
  const type = callType({ node, operands, apply: ([a, b]) => `${a} ${node.op} ${b}` }, typing);
  if (node.op !== '+' || type.kind !== 'list') return type;
  return listOf(unionOf(lists.flat().map((list) => list.element())));
}

/** The type of what an operator or a function gives. */
export function callType({ node, operands, apply }: Applied, typing: Typing): ValueType {
  if (reportOptional(operands, typing)) return dyn;
  const isCall = node.op === 'call' || node.op === 'rcall';
  const types = operands.map(({ type }) => type);
  const { gives, fails } = overloadOf(apply, types, isCall ? 'told' : 'any');
  const what = isCall ? `\`${shownText(String(node.args[0]))}\`` : `\`${node.op.replace('_', '')}\``;
  if (gives === undefined) {
    const shown = operands.map((operand) => `\`${textOf(operand.node)}\` is ${shownType(operand.type)}`);
    const message = `${what} does not take these: ${shown.join(', ')}.`;
    typing.report({ code: 'expression.type', message, help: conversion(types), offset: node.start });
    return dyn;
  }
  for (const [index, failing] of fails.entries()) {
    const operand = operands[index];
    if (operand === undefined || membersOf(failing).length === 0) continue;
    const message = `${what} fails where \`${textOf(operand.node)}\` is ${shownType(failing)}.`;
    const help = cureOf(operand, failing);
    typing.report({ code: 'expression.may_fail', severity: 'warning', message, help, offset: operand.node.start });
    break;
  }
  return gives;
}

function textOf(node: ASTNode): string {
  return shownText(node.input.slice(node.start, node.end));
}

function conversion(types: readonly ValueType[]): string {
  const shown = new Set(types.map(shownType));
  if (['int', 'double', 'number'].filter((name) => shown.has(name)).length > 1) return 'Convert one: `double(…)`.';
  if (shown.has('string') && shown.size > 1) return 'Convert one: `string(…)`, `int(…)` or `double(…)`.';
  return 'Use values of types that go together.';
}

function cureOf({ node, type }: Operand, failing: ValueType): string {
  const text = textOf(node);
  const isNumber = membersOf(type).every((member) => member.kind === 'scalar' && /^(int|double)$/.test(member.name));
  if (isNumber)
    return `Whole numbers are int and others double: write \`double(${text})\`, and the other one with a point.`;
  if (shownType(failing) === 'null') return `Ask first: \`${text} != null ? … : …\`.`;
  return 'Ask first with `type(…)`, or narrow the schema.';
}

/** The condition of something must be true or false. */
export function requireBool({ node, type }: Operand, what: string, typing: Typing): void {
  const others = membersOf(type).filter((member) => !isBool(member));
  if (others.length === 0) return;
  const never = others.length === membersOf(type).length;
  const shown = shownType(unionOf(others));
  const message = `${what} needs true or false; \`${textOf(node)}\` ${never ? 'is' : 'may be'} ${shown}.`;
  const at = { offset: node.start, message, help: 'Compare it with something.' };
  if (never) typing.report({ ...at, code: 'expression.type' });
  else typing.report({ ...at, code: 'expression.may_fail', severity: 'warning' });
}

function isBool(type: ValueType): boolean {
  return type.kind === 'dyn' || (type.kind === 'scalar' && type.name === 'bool');
}

/** Whether one of them is a value or nothing, which nothing but `.orValue(…)` takes. */
export function reportOptional(operands: readonly Operand[], typing: Typing): boolean {
  const operand = operands.find(({ type }) => type.kind === 'optional');
  if (operand === undefined) return false;
  const message = `\`${textOf(operand.node)}\` is a value or nothing.`;
  const help = 'Add `.orValue(…)`, which says what to take instead of nothing.';
  typing.report({ code: 'expression.optional', message, help, offset: operand.node.start });
  return true;
}

function mayEqual(left: ValueType, right: ValueType): boolean {
  return membersOf(left).some((a) => membersOf(right).some((b) => mayMatch(a, b)));
}

function mayMatch(a: ValueType, b: ValueType): boolean {
  if (a.kind === 'dyn' || b.kind === 'dyn') return true;
  if (a.kind !== 'scalar' || b.kind !== 'scalar') return a.kind === b.kind;
  const isNumber = numeric.has(a.name) && numeric.has(b.name);
  if (!isNumber && a.name !== b.name) return false;
  const { values } = b;
  return a.values === undefined || values === undefined || a.values.some((value) => values.includes(value));
}

const numeric = new Set(['int', 'uint', 'double']);

function reportNeverEqual(node: ASTNode, [left, right]: Pair, typing: Typing): void {
  const [literal, other] = left.node.op === 'value' ? [left, right] : [right, left];
  const values = valuesOf(other.type);
  const sameType = shownType(literal.type) === shownType(other.type);
  if (values === undefined || !sameType) {
    const message = `\`${textOf(left.node)}\` (${shownType(left.type)}) is never equal to \`${textOf(right.node)}\` (${shownType(right.type)}).`;
    const help = conversion([left.type, right.type]);
    return typing.report({ code: 'expression.never_equal', message, help, offset: node.start });
  }
  const [written] = valuesOf(literal.type) ?? [];
  const texts = values.filter((value) => typeof value === 'string');
  const near = typeof written === 'string' ? didYouMean(written, texts) : undefined;
  const listed = values.slice(0, 12).map((value) => shownText(JSON.stringify(value)));
  const message = `\`${textOf(other.node)}\` is never ${textOf(literal.node)}.`;
  const help = near ?? `It is one of ${listed.join(', ')}.`;
  typing.report({ code: 'expression.never_equal', message, help, offset: literal.node.start });
}

/** All values that a type allows, where they are known. */
function valuesOf(type: ValueType): readonly Json[] | undefined {
  const values: Json[] = [];
  for (const member of membersOf(type)) {
    if (member.kind !== 'scalar' || member.values === undefined) return undefined;
    values.push(...member.values);
  }
  return values;
}

/** `value in list`, `key in map`. */
function containment(node: ASTNode, [value, holder]: Pair, typing: Typing): ValueType {
  const holders = membersOf(holder.type);
  const usable = holders.filter(({ kind }) => kind === 'dyn' || kind === 'list' || kind === 'map');
  if (usable.length < holders.length) {
    callType({ node, operands: [value, holder], apply: ([a, b]) => `${a} in ${b}` }, typing);
    return scalar('bool');
  }
  if (usable.some((member) => mayHold(member, value.type))) return scalar('bool');
  const message = `\`${textOf(value.node)}\` is never in \`${textOf(holder.node)}\`.`;
  const elements = unionOf(usable.flatMap((member) => (member.kind === 'list' ? [member.element()] : [])));
  const [written] = valuesOf(value.type) ?? [];
  const texts = (valuesOf(elements) ?? []).filter((known) => typeof known === 'string');
  const near = typeof written === 'string' ? didYouMean(written, texts) : undefined;
  const help = near ?? `It is ${shownType(value.type)}, and the others are ${shownType(elements) || 'not'}.`;
  typing.report({ code: 'expression.never_equal', message, help, offset: value.node.start });
  return scalar('bool');
}

function mayHold(holder: ValueType, value: ValueType): boolean {
  if (holder.kind === 'list') return mayEqual(value, holder.element());
  if (holder.kind !== 'map') return true;
  const keys = [...holder.fields().keys()];
  return mayEqual(value, holder.rest === 'closed' && keys.length > 0 ? scalar('string', keys) : scalar('string'));
}
