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
  /** Names of the nodes that it reads or asks for, sorted. */
  readonly reads: readonly string[];
  /** Where each of them stands first, counted from the start of the expression. */
  readonly readAt: ReadonlyMap<string, number>;
  readonly readsInput: boolean;
  readonly readsOutput: boolean;
  readonly readsItem: boolean;
  readonly readsRun: boolean;
  /** Whether it holds a comprehension, whose time grows with what it reads. */
  readonly loops: boolean;
}

/** What an expression reads, or why it is refused: what could run for long, or could read what is not known before. */
export function inspect(ast: ASTNode): Inspection | ExpressionFault {
  const found: Found = { reads: new Map(), names: new Set(), loops: false, fault: undefined };
  visit(ast, found, undefined);
  if (found.fault !== undefined) return found.fault;
  return {
    kind: 'inspection',
    reads: [...found.reads.keys()].sort(),
    readAt: found.reads,
    readsInput: found.names.has('input'),
    readsOutput: found.names.has('output'),
    readsItem: found.names.has('item'),
    readsRun: found.names.has('run'),
    loops: found.loops,
  };
}

interface Found {
  readonly reads: Map<string, number>;
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

/** The name of an element, inside the comprehension that gives it. */
type Element = string | undefined;

function visit(node: ASTNode, found: Found, inMacro: Element): void {
  if (found.fault !== undefined) return;
  const read = readOf(node);
  if (read !== undefined) {
    if (!found.reads.has(read.name)) found.reads.set(read.name, read.at);
  } else if (node.op === 'id') {
    if (node.args === 'nodes') refuse(found, node, nodesFault);
    if (node.args !== inMacro) found.names.add(node.args);
  } else if (node.op === '.' || node.op === '.?') {
    visit(node.args[0], found, inMacro);
  } else if (node.op === 'call') {
    visitCall(node, node.args[0], found);
    for (const argument of node.args[1]) visit(argument, found, inMacro);
  } else if (node.op === 'rcall') {
    visitMacro(node, found, inMacro);
  } else if (node.op !== 'value') {
    for (const child of children(node.args)) visit(child, found, inMacro);
  }
}

interface Read {
  readonly name: string;
  readonly at: number;
}

/** The node that is read in `nodes.name.output`, or asked for in `has(nodes.name)` and `"name" in nodes`. */
function readOf(node: ASTNode): Read | undefined {
  if (node.op === 'in') {
    const [name, nodes] = node.args;
    const isAsked = nodes.op === 'id' && nodes.args === 'nodes' && name.op === 'value' && typeof name.args === 'string';
    return isAsked ? { name: name.args, at: name.start } : undefined;
  }
  if (node.op === 'call') {
    const [asked] = node.args[1];
    return node.args[0] === 'has' && asked !== undefined ? nodeOf(asked) : undefined;
  }
  const access = accessOf(node);
  return access?.key === 'output' ? nodeOf(access.receiver) : undefined;
}

/** The node in `nodes.name`, `nodes["name"]` and what gives nothing where it was skipped: `nodes.?name`. */
function nodeOf(node: ASTNode): Read | undefined {
  const access = accessOf(node);
  if (access === undefined || access.receiver.op !== 'id' || access.receiver.args !== 'nodes') return undefined;
  const isQuoted = node.op === '[]' || node.op === '[?]';
  return { name: access.key, at: isQuoted ? node.args[1].start : node.end - access.key.length };
}

/** What `receiver.key` and `receiver["key"]` read, where the key is written out. */
export function accessOf(node: ASTNode): { readonly receiver: ASTNode; readonly key: string } | undefined {
  if (node.op === '.' || node.op === '.?') return { receiver: node.args[0], key: node.args[1] };
  if (node.op !== '[]' && node.op !== '[?]') return undefined;
  const [receiver, key] = node.args;
  return key.op === 'value' && typeof key.args === 'string' ? { receiver, key: key.args } : undefined;
}

function visitMacro(node: Extract<ASTNode, { op: 'rcall' }>, found: Found, inMacro: Element): void {
  const [name, receiver, passed] = node.args;
  visitCall(node, name, found);
  const macro = macros.has(name);
  found.loops ||= macro;
  if (macro && inMacro !== undefined) {
    const message = `\`${name}\` inside another comprehension would run once for each pair of elements.`;
    refuse(found, node, { code: 'expression.nesting', message, help: 'Chain them, or let a tool compute it.' });
  }
  if (!(receiver.op === 'id' && receiver.args === 'cel' && name === 'bind')) visit(receiver, found, inMacro);
  const [variable] = passed;
  if (macro && variable?.op === 'id' && variables.has(variable.args)) {
    const message = `\`${variable.args}\` cannot be the name of an element: it is what expressions read.`;
    refuse(found, variable, { code: 'expression.shadow', message, help: 'Use another name.' });
  }
  const element = variable?.op === 'id' ? variable.args : '';
  for (const argument of macro ? passed.slice(1) : passed) visit(argument, found, macro ? element : inMacro);
}

function visitCall(node: ASTNode, name: string, found: Found): void {
  if (name !== 'matches') return;
  const message = '`matches` is refused: its patterns can take exponential time.';
  refuse(found, node, { code: 'expression.matches', message, help: 'Use `re2(text, pattern)`.' });
}

const nodesFault = {
  code: 'expression.nodes',
  message: '`nodes` is read as `nodes.<name>.output`, with the name written out.',
  help: 'A name with hyphens is written `nodes["some-name"].output`; `"some-name" in nodes` asks whether it ran.',
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
