import type { Flow } from './graph-cycle.ts';
import type { GraphReport } from './graph-finding.ts';
import type { GraphNode } from './graph-model.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { shownText } from './shown.ts';

/** What is wrong with how edges meet. */
export function validateJoins({ graph, dominators, back }: Flow, report: GraphReport): void {
  const reached = new Set(dominators.order);
  for (const node of graph.nodes.values()) {
    const { join } = node.body;
    if (!isJsonObject(join) || !reached.has(node.name)) continue;
    // An edge that leads back begins another turn: a join does not wait for it.
    const inputs = node.into.filter((edge) => !back.has(edge)).length;
    checkJoin(node, { join, inputs }, report);
  }
}

interface Join {
  readonly join: JsonObject;
  /** Edges that go on and lead here. */
  readonly inputs: number;
}

function checkJoin({ name, into }: GraphNode, { join, inputs }: Join, report: GraphReport): void {
  const path = ['graph', name, 'join'];
  if (inputs < 2) {
    const back = into.length - inputs;
    const turns = back === 0 ? '' : ' An edge that leads back is not waited for.';
    const edges = inputs === 0 ? 'No edge leads' : 'Only one edge leads';
    const message = `${edges} on to \`${shownText(name)}\`: there is nothing to join.${turns}`;
    report({ code: 'graph.idle_join', severity: 'warning', message, path, part: 'key', help: 'Remove `join`.' });
  }
  const { mode, count } = join;
  if (mode !== 'quorum' || typeof count !== 'number' || count <= inputs || inputs < 2) return;
  const message = `The quorum of ${count} can never meet: ${inputs} edges lead on to \`${shownText(name)}\`.`;
  const help = `Write at most ${inputs}.`;
  report({ code: 'graph.quorum', message, path: [...path, 'count'], part: 'value', help });
}
