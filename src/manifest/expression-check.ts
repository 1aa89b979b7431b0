import type { ASTNode } from '@marcbachmann/cel-js';
import { accessType, checkAsked, indexType } from './expression-access.ts';
import { accessOf } from './expression-inspect.ts';
import { checkMethod } from './expression-method.ts';
import { isImpossible, jsonOf, narrowed, present } from './expression-narrow.ts';
import { binaryType, callType, reportOptional, requireBool } from './expression-operator.ts';
import { dyn, listOf, type MapType, scalar, unionOf, type ValueType } from './expression-type.ts';
import type { Typing } from './expression-typing.ts';

/**
 * The type of an expression that parses and is within its bounds. Reports what cannot be right for any value of the
 * types that are read (an error), and what is wrong for some of them (a warning).
 */
export function typeOf(node: ASTNode, typing: Typing): ValueType {
  switch (node.op) {
    case 'value':
      return literalType(node.args);
    case 'id':
      return typing.names.get(node.args) ?? dyn;
    case '.':
    case '.?':
    case '[]':
    case '[?]':
      return readType(node, typing);
    case 'call':
      return called(node, typing);
    case 'rcall':
      return checkMethod(node, typing, typeOf);
    case 'list':
      return listOf(node.args.length === 0 ? dyn : unionOf(node.args.map((element) => valueType(element, typing))));
    case 'map':
      return mapType(node.args, typing);
    case '?:':
      return chosen(node.args, typing);
    case '&&':
    case '||':
      return joined(node, typing);
    case '!_':
    case '-_': {
      const operand = { node: node.args, type: typeOf(node.args, typing) };
      return callType({ node, operands: [operand], apply: ([text]) => `${node.op[0]}${text}` }, typing);
    }
    default: {
      const [left, right] = node.args;
      const operands = [
        { node: left, type: typeOf(left, typing) },
        { node: right, type: typeOf(right, typing) },
      ] as const;
      return binaryType(node, operands, typing);
    }
  }
}

/** The type of a part that must be a value, and never nothing. */
function valueType(node: ASTNode, typing: Typing): ValueType {
  const type = typeOf(node, typing);
  return reportOptional([{ node, type }], typing) ? dyn : type;
}

function literalType(literal: unknown): ValueType {
  if (typeof literal === 'bigint') return scalar('int', [Number(literal)]);
  if (typeof literal === 'number') return scalar('double', [literal]);
  if (typeof literal === 'string') return scalar('string', [literal]);
  if (typeof literal === 'boolean') return scalar('bool', [literal]);
  if (literal === null) return scalar('null');
  return scalar(literal instanceof Uint8Array ? 'bytes' : 'uint');
}

type Access = Extract<ASTNode, { op: '.' | '.?' | '[]' | '[?]' }>;

function readType(node: Access, typing: Typing): ValueType {
  const type = typeOf(node.args[0], typing);
  const access = accessOf(node);
  const isAsking = node.op === '.?' || node.op === '[?]';
  const reading = { node, receiver: node.args[0], type, isAsking };
  if (access !== undefined) return accessType(access.key, reading, typing);
  const [, index] = node.args;
  if (typeof index === 'string') return dyn;
  return indexType({ node: index, type: typeOf(index, typing) }, reading, typing);
}

function called(node: Extract<ASTNode, { op: 'call' }>, typing: Typing): ValueType {
  const [name, passed] = node.args;
  const [first] = passed;
  if (name === 'has' && first !== undefined) {
    checkAsked(first, typing, typeOf);
    return scalar('bool');
  }
  const operands = passed.map((argument) => ({ node: argument, type: typeOf(argument, typing) }));
  if (name === 'dyn' || name === 'type') return name === 'dyn' ? dyn : scalar('type');
  return callType({ node, operands, apply: (texts) => `${name}(${texts.join(', ')})` }, typing);
}

function mapType(entries: readonly (readonly [ASTNode, ASTNode])[], typing: Typing): MapType {
  const fields = new Map<string, { readonly type: () => ValueType; readonly required: boolean }>();
  let isKnown = true;
  for (const [key, value] of entries) {
    typeOf(key, typing);
    const type = valueType(value, typing);
    const name = key.op === 'value' ? jsonOf(key.args) : undefined;
    if (typeof name === 'string') fields.set(name, { type: () => type, required: true });
    else isKnown = false;
  }
  return { kind: 'map', fields: () => fields, rest: isKnown ? 'closed' : () => dyn };
}

function chosen([condition, yes, no]: readonly [ASTNode, ASTNode, ASTNode], typing: Typing): ValueType {
  requireBool({ node: condition, type: typeOf(condition, typing) }, 'The condition before `?`', typing);
  const whenTrue = valueType(yes, { ...typing, names: narrowed(typing.names, condition, true) });
  const whenFalse = valueType(no, { ...typing, names: narrowed(typing.names, condition, false) });
  // What is never chosen gives nothing.
  if (isImpossible(typing.names, condition, true)) return whenFalse;
  if (isImpossible(typing.names, condition, false)) return whenTrue;
  return unionOf([whenTrue, whenFalse]);
}

/** The right side decides too: CEL takes `a && b` for false where `b` is, even if `a` fails. */
function joined(node: Extract<ASTNode, { op: '&&' | '||' }>, typing: Typing): ValueType {
  const [left, right] = node.args;
  const outcome = node.op === '&&';
  const sides = [
    { side: left, names: present(typing.names, right, outcome) },
    { side: right, names: narrowed(typing.names, left, outcome) },
  ];
  for (const { side, names } of sides)
    requireBool({ node: side, type: typeOf(side, { ...typing, names }) }, `\`${node.op}\``, typing);
  return scalar('bool');
}
