import { flowOf, validateCycles } from './graph-cycle.ts';
import { validateGraphExpressions } from './graph-expression.ts';
import type { GraphFinding, GraphReport } from './graph-finding.ts';
import { validateJoins } from './graph-join.ts';
import { readGraph } from './graph-model.ts';
import { validateNodes } from './graph-node.ts';
import { validateSides } from './graph-side.ts';
import { isJsonObject, type JsonObject } from './json.ts';

/** What keeps a graph of the right shape from being run. */
export function validateGraph(spec: JsonObject): GraphFinding[] {
  const findings: GraphFinding[] = [];
  const report: GraphReport = (finding) => findings.push(finding);
  if (!isJsonObject(spec['graph'])) return findings;
  const graph = readGraph(spec, report);
  const flow = flowOf(graph, report);
  validateCycles(spec, flow, report);
  validateJoins(flow, report);
  validateNodes(spec, flow, report);
  validateSides(flow, report);
  validateGraphExpressions(spec, flow, report);
  return findings;
}
