import type { ASTNode } from '@marcbachmann/cel-js';
import type { Typing } from './expression-typing.ts';
import { narrowed } from './expression-narrow.ts';
import { callType, type Operand, reportOptional, requireBool } from './expression-operator.ts';
import { dyn, listOf, membersOf, scalar, shownType, unionOf, type ValueType } from './expression-type.ts';
import { shownText } from './shown.ts';

type Method = Extract<ASTNode, { op: 'rcall' }>;
type TypeOf = (node: ASTNode, typing: Typing) => ValueType;

/** The type of `receiver.name(…)`: a comprehension, what is done with an optional value, or a function. */
export function checkMethod(node: Method, typing: Typing, typeOf: TypeOf): ValueType {
  const [name, receiver, passed] = node.args;
  if (name === 'bind' && receiver.op === 'id' && receiver.args === 'cel') return bound(passed, typing, typeOf);
  const type = typeOf(receiver, typing);
  const checking = { node, operand: { node: receiver, type }, typing, typeOf };
  if (quantifiers.has(name)) return quantified(checking);
  if (name === 'filter') return filtered(checking);
  if (name === 'map') return mapped(checking);
  if (type.kind === 'optional' || type.kind === 'dyn') {
    const result = optionalResult(checking);
    if (result !== undefined) return result;
  }
  const operands = [checking.operand, ...passed.map((part): Operand => ({ node: part, type: typeOf(part, typing) }))];
  const apply = ([first, ...others]: readonly string[]): string => `${first}.${name}(${others.join(', ')})`;
  return callType({ node, operands, apply }, typing);
}

interface Checking {
  readonly node: Method;
  readonly operand: Operand;
  readonly typing: Typing;
  readonly typeOf: TypeOf;
}

const quantifiers = new Set(['all', 'exists', 'exists_one', 'existsOne']);

/** `cel.bind(name, value, body)`. */
function bound([name, value, body]: readonly ASTNode[], typing: Typing, typeOf: TypeOf): ValueType {
  if (name?.op !== 'id' || value === undefined || body === undefined) return dyn;
  return typeOf(body, { ...typing, names: new Map([...typing.names, [name.args, typeOf(value, typing)]]) });
}

/** The names with the element beside them. */
function inside({ node, operand, typing }: Checking): { readonly typing: Typing; readonly element: string } {
  const [variable] = node.args[2];
  const element = variable?.op === 'id' ? variable.args : '';
  const names = new Map([...typing.names, [element, elementOf(operand, node, typing)]]);
  return { typing: { ...typing, names }, element };
}

function elementOf({ node, type }: Operand, method: Method, typing: Typing): ValueType {
  const elements: ValueType[] = [];
  const others: ValueType[] = [];
  for (const member of membersOf(type)) {
    if (member.kind === 'list') elements.push(member.element());
    else if (member.kind === 'map') elements.push(scalar('string'));
    else if (member.kind === 'dyn') elements.push(dyn);
    else others.push(member);
  }
  if (others.length > 0) {
    const never = elements.length === 0;
    const whole = shownText(node.input.slice(node.start, node.end));
    const message = `\`${shownText(method.args[0])}\` goes through a list or a map; \`${whole}\` ${never ? 'is' : 'may be'} ${shownType(unionOf(others))}.`;
    const help = never ? 'Read a list.' : 'Ask first with `type(…) == list`.';
    if (never) typing.report({ code: 'expression.type', message, help, offset: node.start });
    else typing.report({ code: 'expression.may_fail', severity: 'warning', message, help, offset: node.start });
  }
  return elements.length === 0 ? dyn : unionOf(elements);
}

function quantified(checking: Checking): ValueType {
  requirePredicate(checking, inside(checking).typing);
  return scalar('bool');
}

function requirePredicate({ node, typeOf }: Checking, typing: Typing): ASTNode | undefined {
  const [, predicate] = node.args[2];
  if (predicate === undefined) return undefined;
  requireBool({ node: predicate, type: typeOf(predicate, typing) }, `\`${shownText(node.args[0])}\``, typing);
  return predicate;
}

function filtered(checking: Checking): ValueType {
  const { typing, element } = inside(checking);
  const predicate = requirePredicate(checking, typing);
  const names = predicate === undefined ? typing.names : narrowed(typing.names, predicate, true);
  return listOf(names.get(element) ?? dyn);
}

function mapped(checking: Checking): ValueType {
  const { typing } = inside(checking);
  const { node, typeOf } = checking;
  const [, first, second] = node.args[2];
  if (first === undefined) return dyn;
  if (second === undefined) return listOf(typeOf(first, typing));
  requirePredicate(checking, typing);
  return listOf(typeOf(second, { ...typing, names: narrowed(typing.names, first, true) }));
}

function optionalResult({ node, operand, typing, typeOf }: Checking): ValueType | undefined {
  const [name, , [argument]] = node.args;
  const value = operand.type.kind === 'optional' ? operand.type.value : dyn;
  switch (name) {
    case 'orValue':
      return argument === undefined ? dyn : instead(value, { node: argument, type: typeOf(argument, typing) }, typing);
    case 'or':
      return { kind: 'optional', value: dyn };
    case 'value':
      return value;
    case 'hasValue':
      return scalar('bool');
    default:
      return undefined;
  }
}

function instead(value: ValueType, other: Operand, typing: Typing): ValueType {
  return reportOptional([other], typing) ? dyn : unionOf([value, other.type]);
}
