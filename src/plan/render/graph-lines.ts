import { neutral } from '../../manifest/neutral.ts';
import type { Fate, GraphChange, GraphEdgeChange, GraphNodeChange } from '../section.ts';
import { listed } from './words.ts';

export interface GraphLine {
  readonly fate: Fate;
  readonly text: string;
}

/** What changes of a graph, one line each: nodes, edges, where a run starts, settings of the whole. */
export function graphLines({ nodes, edges, entries, settings }: GraphChange): readonly GraphLine[] {
  const lines: GraphLine[] = [
    ...nodes.filter(isChanged).map((node) => ({ fate: node.fate, text: nodeText(node) })),
    ...edges.filter(isChanged).map((edge) => ({ fate: edge.fate, text: edgeText(edge) })),
  ];
  if (entries.before.join('\n') !== entries.after.join('\n')) {
    lines.push({ fate: 'changed', text: `starts at ${names(entries.before)} -> ${names(entries.after)}` });
  }
  for (const { field, before = '(absent)', after = '(absent)' } of settings) {
    lines.push({ fate: 'changed', text: neutral(`${field}: ${before} -> ${after}`) });
  }
  return lines;
}

function isChanged({ fate }: { readonly fate: Fate }): boolean {
  return fate !== 'same';
}

function names(entries: readonly string[]): string {
  return entries.length === 0 ? '(none)' : listed(entries, 5);
}

function nodeText({ name, kind, target, was, renamedFrom, settings = [] }: GraphNodeChange): string {
  const runs = (of: { readonly kind: string; readonly target: string }): string =>
    `${of.kind}${of.target && ` ${of.target}`}`;
  const before = was === undefined ? '' : `${runs(was)} -> `;
  const renamed = renamedFrom === undefined ? '' : `renamed from ${renamedFrom}`;
  const more = settings.map(
    ({ field, before: from = '(absent)', after = '(absent)' }) => `${field}: ${from} -> ${after}`,
  );
  const notes = [renamed, ...more].filter((note) => note !== '').map((note) => `; ${note}`);
  return neutral(`node ${name} (${before}${runs({ kind, target })})${notes.join('')}`);
}

function edgeText({ from, to, was, ...edge }: GraphEdgeChange): string {
  const before = was === undefined ? '' : `, was ${conditionText(was)}`;
  return neutral(`edge ${from} -> ${to} ${conditionText(edge)}${before}`);
}

/** When an edge is taken. */
export function conditionText(edge: { readonly when: string | undefined; readonly default: boolean }): string {
  if (edge.default) return 'by default';
  return edge.when === undefined ? 'always' : `when ${edge.when}`;
}
