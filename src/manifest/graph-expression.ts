import { compileExpression } from './expression.ts';
import type { GraphReport, Successors } from './graph-finding.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { listAt } from './manifest-reference.ts';
import { didYouMean } from './nearest.ts';
import type { Path } from './text.ts';
import { shownText } from './shown.ts';
import { isFault, parseTemplate } from './template.ts';

/** What is wrong with the expressions of an acyclic graph. */
export function validateGraphExpressions(spec: JsonObject, successors: Successors, report: GraphReport): void {
  const before = ancestors(successors);
  const nodes = [...successors.keys()];
  for (const name of nodes) {
    const node = isJsonObject(spec['graph']) ? spec['graph'][name] : undefined;
    if (!isJsonObject(node)) continue;
    const earlier = before.get(name) ?? new Set();
    const path = ['graph', name];
    const reading = { nodes, report, what: `the node \`${shownText(name)}\`` };
    checkTexts(node['input'] ?? null, [...path, 'input'], { ...reading, readable: earlier, output: false });
    for (const [index, edge] of listAt(node, 'edges').entries()) {
      const when = isJsonObject(edge) ? edge['when'] : undefined;
      if (typeof when !== 'string') continue;
      const own = { ...reading, readable: new Set([...earlier, name]), output: true };
      checkExpression({ text: when, path: [...path, 'edges', index, 'when'], offset: 0 }, { ...own, condition: true });
    }
  }
  checkTexts(spec['output'] ?? null, ['output'], {
    nodes,
    report,
    what: 'the output',
    readable: new Set(nodes),
    output: false,
  });
}

interface Reading {
  readonly nodes: readonly string[];
  /** Nodes that are over when the expression is evaluated. */
  readonly readable: ReadonlySet<string>;
  /** Whether `output` means something. */
  readonly output: boolean;
  readonly condition?: boolean;
  readonly what: string;
  readonly report: GraphReport;
}

interface Written {
  readonly text: string;
  readonly path: Path;
  readonly offset: number;
}

function checkTexts(value: Json, path: Path, reading: Reading): void {
  if (typeof value === 'string') {
    if (!value.includes('${')) return;
    const parts = parseTemplate(value);
    if (isFault(parts))
      reading.report({ ...parts, path, part: 'value', within: { text: value, offset: parts.offset } });
    else
      for (const part of parts)
        if (part.kind === 'code') checkExpression({ text: part.text, path, offset: part.offset }, reading);
  } else if (isJsonObject(value)) {
    for (const [key, member] of Object.entries(value)) checkTexts(member, [...path, key], reading);
  } else if (Array.isArray(value)) {
    for (const [index, member] of value.entries()) checkTexts(member, [...path, index], reading);
  }
}

function checkExpression(written: Written, reading: Reading): void {
  const { text, path } = written;
  const expression = compileExpression(text);
  const at = { path, part: 'value' } as const;
  if (expression.kind === 'fault') {
    reading.report({ ...expression, ...at, within: { text, offset: expression.offset } });
    return;
  }
  const within = { text, offset: 0 };
  if (reading.condition === true && expression.type !== 'bool' && expression.type !== 'dyn') {
    const message = `A condition must give true or false; this one gives ${expression.type}.`;
    reading.report({ ...at, within, code: 'expression.not_boolean', message, help: 'Compare it with something.' });
  }
  if (expression.readsOutput && !reading.output) {
    const message = '`output` is read only in the `when` of an edge.';
    reading.report({ ...at, within, code: 'expression.output', message, help: 'Write `nodes.<name>.output`.' });
  }
  for (const name of expression.reads) if (!reading.readable.has(name)) reportUnreadable(name, written, reading);
}

function reportUnreadable(name: string, { text, path }: Written, reading: Reading): void {
  const at = { path, part: 'value', within: { text, offset: Math.max(0, text.indexOf(name)) } } as const;
  if (!reading.nodes.includes(name)) {
    const help = didYouMean(name, reading.nodes);
    reading.report({
      ...at,
      code: 'expression.unknown_node',
      message: `The graph has no node \`${shownText(name)}\`.`,
      help,
    });
    return;
  }
  const message = `\`${shownText(name)}\` is not over when ${reading.what} is reached.`;
  reading.report({
    ...at,
    code: 'expression.order',
    message,
    help: 'Only nodes that an unbroken line of edges puts before it can be read.',
  });
}

/** By node, all nodes from which edges lead to it. */
function ancestors(successors: Successors): ReadonlyMap<string, ReadonlySet<string>> {
  const before = new Map<string, Set<string>>([...successors.keys()].map((name) => [name, new Set()]));
  for (const name of topological(successors)) {
    for (const next of successors.get(name) ?? []) {
      const known = before.get(next);
      known?.add(name);
      for (const earlier of before.get(name) ?? []) known?.add(earlier);
    }
  }
  return before;
}

function topological(successors: Successors): string[] {
  const incoming = new Map<string, number>([...successors.keys()].map((name) => [name, 0]));
  for (const targets of successors.values())
    for (const target of targets) incoming.set(target, (incoming.get(target) ?? 0) + 1);
  const order = [...incoming].filter(([, count]) => count === 0).map(([name]) => name);
  // The list grows while it is walked.
  for (const name of order) {
    for (const next of successors.get(name) ?? []) {
      const left = (incoming.get(next) ?? 0) - 1;
      incoming.set(next, left);
      if (left === 0) order.push(next);
    }
  }
  return order;
}
