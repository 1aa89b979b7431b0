import type { TraceNode } from '../api/operations.ts';
import { amount, duration, usd } from '../trace/layout.ts';
import { renderTable } from './table.ts';

const shownFirst = 3;
const shownLast = 1;
const foldedMin = 5;

/** The places of a run, a row each; of many items, turns or attempts that stand alike the ends. */
export function stepTable(nodes: readonly TraceNode[], width: number): readonly string[] {
  if (nodes.length === 0) return [];
  const rows = stretches(nodes).flatMap((stretch) => {
    const hidden = stretch.slice(shownFirst, -shownLast);
    if (hidden.length < foldedMin) return stretch.map(rowOf);
    return [...stretch.slice(0, shownFirst).map(rowOf), foldOf(hidden), ...stretch.slice(-shownLast).map(rowOf)];
  });
  return renderTable(['  STEP', 'STATE', 'TOOK', 'TOKENS', 'COST'], rows, width).split('\n');
}

/** Neighbours that differ in their numbers alone and stand alike; who stands alone is a stretch of one. */
function stretches(nodes: readonly TraceNode[]): readonly (readonly TraceNode[])[] {
  const found: TraceNode[][] = [];
  let last: string | undefined;
  for (const node of nodes) {
    const key = alikeAs(node);
    const open = found.at(-1);
    if (key !== undefined && key === last && open !== undefined) open.push(node);
    else found.push([node]);
    last = key;
  }
  return found;
}

/** Undefined: it is like nothing else. What people said is never left out. */
function alikeAs({ node, kind, state, target }: TraceNode): string | undefined {
  if (kind === 'human' || !/[[#@!]/.test(node)) return undefined;
  return [node.replaceAll(/\d+/g, '0'), kind, target, state].join(' ');
}

function rowOf(node: TraceNode): readonly string[] {
  return [`  ${node.node}`, node.state, duration(node.startedAt, node.endedAt) || '-', ...usedBy([node])];
}

function foldOf(nodes: readonly TraceNode[]): readonly string[] {
  return [`  … ${amount(nodes.length)} more`, `all ${nodes[0]?.state ?? ''}`, '-', ...usedBy(nodes)];
}

function usedBy(nodes: readonly TraceNode[]): readonly string[] {
  const calls = nodes.flatMap((node) => node.calls);
  const tokens = calls.reduce((sum, call) => sum + call.tokensIn + call.tokensOut, 0);
  const cost = calls.reduce((sum, call) => sum + call.cost, 0);
  return [tokens === 0 ? '-' : amount(tokens), cost === 0 ? '-' : usd(cost)];
}
