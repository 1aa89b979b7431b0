import type { ASTNode } from '@marcbachmann/cel-js';

/** Why an expression is refused; the offset counts from its start. */
export interface ExpressionFault {
  readonly kind: 'fault';
  readonly code: string;
  readonly message: string;
  readonly offset: number;
  readonly help?: string;
}

export interface Inspection {
  readonly kind: 'inspection';
  readonly reads: readonly string[];
  readonly readsInput: boolean;
  readonly readsOutput: boolean;
  /** Whether it holds a comprehension, whose time grows with what it reads. */
  readonly loops: boolean;
}

/** What an expression reads, or why it is refused: what could run for long, or could read what is not known before. */
export function inspect(ast: ASTNode): Inspection | ExpressionFault {
  const found: Found = { reads: new Set(), names: new Set(), loops: false, fault: undefined };
  visit(ast, found, false);
  if (found.fault !== undefined) return found.fault;
  return {
    kind: 'inspection',
    reads: [...found.reads].sort(),
    readsInput: found.names.has('input'),
    readsOutput: found.names.has('output'),
    loops: found.loops,
  };
}

interface Found {
  readonly reads: Set<string>;
  readonly names: Set<string>;
  loops: boolean;
  fault: ExpressionFault | undefined;
}

/** Macros that evaluate their argument once for each element, or name a value that can double at each level. */
const macros = new Set([
  'all',
  'exists',
  'exists_one',
  'existsOne',
  'map',
  'filter',
  'bind',
  'transformList',
  'transformMap',
  'transformMapEntry',
]);
const variables = new Set(['input', 'nodes', 'output']);

function visit(node: ASTNode, found: Found, inMacro: boolean): void {
  if (found.fault !== undefined) return;
  if (node.op === 'id') {
    if (node.args === 'nodes') refuse(found, node, nodesFault);
    found.names.add(node.args);
  } else if (node.op === '.' || node.op === '.?') {
    const read = node.args[1] === 'output' ? nodeRead(node.args[0]) : undefined;
    if (read === undefined) visit(node.args[0], found, inMacro);
    else found.reads.add(read);
  } else if (node.op === 'call') {
    visitCall(node, node.args[0], found);
    for (const argument of node.args[1]) visit(argument, found, inMacro);
  } else if (node.op === 'rcall') {
    visitMacro(node, found, inMacro);
  } else if (node.op !== 'value') {
    for (const child of children(node.args)) visit(child, found, inMacro);
  }
}

function visitMacro(node: Extract<ASTNode, { op: 'rcall' }>, found: Found, inMacro: boolean): void {
  const [name, receiver, passed] = node.args;
  visitCall(node, name, found);
  const macro = macros.has(name);
  found.loops ||= macro;
  if (macro && inMacro) {
    const message = `\`${name}\` inside another comprehension would run once for each pair of elements.`;
    refuse(found, node, { code: 'expression.nesting', message, help: 'Chain them, or let a tool compute it.' });
  }
  if (!(receiver.op === 'id' && receiver.args === 'cel' && name === 'bind')) visit(receiver, found, inMacro);
  const [variable] = passed;
  if (macro && variable?.op === 'id' && variables.has(variable.args)) {
    const message = `\`${variable.args}\` cannot be the name of an element: it is what expressions read.`;
    refuse(found, variable, { code: 'expression.shadow', message, help: 'Use another name.' });
  }
  for (const argument of macro ? passed.slice(1) : passed) visit(argument, found, inMacro || macro);
}

function visitCall(node: ASTNode, name: string, found: Found): void {
  if (name !== 'matches') return;
  const message = '`matches` is refused: its patterns can take exponential time.';
  refuse(found, node, { code: 'expression.matches', message, help: 'Use `re2(text, pattern)`.' });
}

/** The node's name in `nodes.name` and `nodes["name"]`. */
function nodeRead(node: ASTNode): string | undefined {
  if (node.op !== '.' && node.op !== '[]') return undefined;
  const [receiver, name] = node.args;
  if (receiver.op !== 'id' || receiver.args !== 'nodes') return undefined;
  if (typeof name === 'string') return name;
  return name.op === 'value' && typeof name.args === 'string' ? name.args : undefined;
}

const nodesFault = {
  code: 'expression.nodes',
  message: '`nodes` is read as `nodes.<name>.output`, with the name written out.',
  help: 'A name with hyphens is written `nodes["some-name"].output`.',
};

function refuse(found: Found, node: ASTNode, fault: { code: string; message: string; help?: string }): void {
  found.fault ??= { kind: 'fault', offset: node.start, ...fault };
}

function children(args: unknown): ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(children);
  return isNode(args) ? [args] : [];
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value && 'start' in value;
}
