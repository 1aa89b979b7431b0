import { type Expression, compileExpression } from './expression.ts';
import type { ExpressionFault } from './expression-inspect.ts';
import { type ExpressionPlace, expressionPlaces } from './expression-place.ts';
import type { Flow } from './graph-cycle.ts';
import type { GraphFinding, GraphReport } from './graph-finding.ts';
import { GraphOrder } from './graph-order.ts';
import type { JsonObject } from './json.ts';
import { didYouMean } from './nearest.ts';
import { shownText } from './shown.ts';

/** What is wrong with the expressions of a graph, whatever the types of what they read. */
export function validateGraphExpressions(spec: JsonObject, flow: Flow, report: GraphReport): void {
  const order = flow.reducible && flow.graph.entries.length > 0 ? new GraphOrder(flow) : undefined;
  const places = expressionPlaces(spec, (path, fault, text) =>
    report({ ...fault, path, part: 'value', within: { text, offset: fault.offset } }),
  );
  for (const place of places) {
    const expression = compileExpression(place.text);
    if (expression.kind === 'fault') reportFault(expression, place, report);
    else {
      checkVariables(expression, place, report);
      for (const name of expression.reads) checkRead(name, { expression, place, flow, order }, report);
    }
  }
}

function reportFault(fault: ExpressionFault, { path, text }: ExpressionPlace, report: GraphReport): void {
  report({ ...fault, path, part: 'value', within: { text, offset: fault.offset } });
}

function checkVariables(expression: Expression, place: ExpressionPlace, report: GraphReport): void {
  const at = { path: place.path, part: 'value', within: { text: place.text, offset: 0 } } as const;
  if (place.gives === 'bool' && expression.type !== 'bool' && expression.type !== 'dyn') {
    const message = `A condition must give true or false; this one gives ${expression.type}.`;
    report({ ...at, code: 'expression.not_boolean', message, help: 'Compare it with something.' });
  }
  if (expression.readsOutput && !place.readsOutput) {
    const message = '`output` is read only in the `when` of an edge, and in the `until` and the `input` of a loop.';
    report({ ...at, code: 'expression.output', message, help: 'Write `nodes.<name>.output`.' });
  }
  if (expression.readsItem && !place.readsItem) {
    const message = '`item` is an entry of `forEach`, and is read only in the `input` of a node that has one.';
    report({ ...at, code: 'expression.item', message, help: 'Add `forEach` to the node, or read something else.' });
  }
  if (place.reader === undefined && (expression.reads.length > 0 || expression.readsRun)) {
    const message = `${place.what === 'the key' ? 'The key' : 'It'} is computed before the run begins, and reads only \`input\`.`;
    report({ ...at, code: 'expression.order', message, help: 'Read `input`.' });
  }
}

interface Reading {
  readonly expression: Expression;
  readonly place: ExpressionPlace;
  readonly flow: Flow;
  readonly order: GraphOrder | undefined;
}

function checkRead(name: string, { expression, place, flow, order }: Reading, report: GraphReport): void {
  const within = { text: place.text, offset: expression.readAt.get(name) ?? 0 };
  const at = { path: place.path, part: 'value', within } satisfies Partial<GraphFinding>;
  const { nodes } = flow.graph;
  if (!nodes.has(name)) {
    const message = `The graph has no node \`${shownText(name)}\`.`;
    return report({ ...at, code: 'expression.unknown_node', message, help: didYouMean(name, nodes.keys()) });
  }
  const availability = place.reader === undefined ? undefined : order?.availability(name, place.reader);
  if (availability === 'never') {
    const message = `\`${shownText(name)}\` is not over when ${place.what} is reached.`;
    const help = 'Only nodes that a line of edges puts before it can be read.';
    report({ ...at, code: 'expression.order', message, help });
  } else if (availability === 'race') {
    const message = `\`${shownText(name)}\` may still be running when ${place.what} starts: a join before it does not wait for all.`;
    const help = 'Wait with `join: {mode: all}`, or read only what every way passes.';
    report({ ...at, code: 'expression.order', message, help });
  }
}
