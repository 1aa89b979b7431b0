import { parseDuration } from './duration.ts';
import type { Flow } from './graph-cycle.ts';
import type { GraphReport } from './graph-finding.ts';
import { endNode, type GraphNode } from './graph-model.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { listAt, objectAt } from './manifest-reference.ts';
import { shownText } from './shown.ts';
import type { Path } from './text.ts';

/** What is wrong with the fields of single nodes. */
export function validateNodes(spec: JsonObject, { graph }: Flow, report: GraphReport): void {
  const timeout = objectAt(spec, 'limits')['timeout'];
  for (const node of graph.nodes.values()) {
    const path = ['graph', node.name];
    if (node.name === endNode) {
      const message = '`end` is reserved: an edge to it finishes a branch.';
      report({ code: 'graph.reserved', message, path, part: 'key', help: 'Give the node another name.' });
    }
    checkDefaults(node, report);
    checkTimes(node, timeout, report);
  }
}

function checkDefaults({ name, body, out }: GraphNode, report: GraphReport): void {
  const edges = listAt(body, 'edges').filter(isJsonObject);
  const defaults = edges.flatMap((edge, index) => (edge['default'] === true ? [index] : []));
  const [first, second] = defaults;
  if (first === undefined) return;
  const fault = (index: number, message: string, help: string): void =>
    report({ code: 'graph.default', message, path: ['graph', name, 'edges', index, 'default'], part: 'key', help });
  if (second !== undefined) fault(second, 'A node has two default edges.', 'Keep one of the two.');
  if (edges[first]?.['when'] !== undefined)
    fault(first, 'A default edge has a condition.', 'Remove `when`, or `default`.');
  const always = out.find((edge) => edge.kind !== 'onError' && !edge.isDefault && edge.when === undefined);
  if (always === undefined) return;
  const message = `The default edge is never taken: the edge to \`${shownText(always.to)}\` has no condition.`;
  const help =
    always.kind === 'edge' ? 'Give the other edge a `when`' : `Remove the \`dependsOn\` of \`${shownText(always.to)}\``;
  fault(first, message, `${help}, or remove \`default\`.`);
}

function checkTimes({ name, body }: GraphNode, systemTimeout: Json | undefined, report: GraphReport): void {
  const path = ['graph', name];
  const written = body['timeout'];
  const timeout = durationOf(written);
  const whole = durationOf(systemTimeout) ?? Number.POSITIVE_INFINITY;
  if (timeout !== undefined && timeout > whole) {
    const message = `The step may take ${shownDuration(written)}, and the whole run ${shownDuration(systemTimeout)}.`;
    const help = 'Shorten it, or raise `limits.timeout`.';
    report({ code: 'graph.timeout', severity: 'warning', message, path: [...path, 'timeout'], part: 'value', help });
  }
  const { retry } = body;
  if (isJsonObject(retry)) checkRetry(retry, { path: [...path, 'retry'], timeout }, report);
}

interface Retried {
  readonly path: Path;
  readonly timeout: number | undefined;
}

function checkRetry(retry: JsonObject, { path, timeout }: Retried, report: GraphReport): void {
  const first = durationOf(objectAt(retry, 'backoff')['initial']);
  if (first === undefined || timeout === undefined || first < timeout || retry['maxAttempts'] === 1) return;
  const message = 'No second attempt fits: the first pause is as long as the step may take.';
  const help = 'Lower `backoff.initial`, or raise the `timeout` of the step.';
  report({ code: 'graph.retry', severity: 'warning', message, path, part: 'key', help });
}

function durationOf(value: Json | undefined): number | undefined {
  return typeof value === 'string' ? parseDuration(value) : undefined;
}

function shownDuration(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
