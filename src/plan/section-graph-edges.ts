import { grouped } from '../manifest/grouped.ts';
import { compareText } from '../manifest/problem.ts';
import type { GraphEdgeChange } from './section.ts';

export type GraphEdge = Pick<GraphEdgeChange, 'from' | 'to' | 'when' | 'default'>;

/**
 * Edges by where they begin and end and their condition. What is left of one edge on each side between the same nodes
 * is one edge whose condition changed; with more of them, nobody can say which took the place of which.
 */
export function edgeChanges(before: readonly GraphEdge[], after: readonly GraphEdge[]): readonly GraphEdgeChange[] {
  const changes: GraphEdgeChange[] = [];
  const [left, right] = [grouped(before, endsOf), grouped(after, endsOf)];
  for (const ends of new Set([...left.keys(), ...right.keys()])) {
    changes.push(...between(left.get(ends) ?? [], right.get(ends) ?? []));
  }
  return changes.sort(compareEdges);
}

function between(before: readonly GraphEdge[], after: readonly GraphEdge[]): readonly GraphEdgeChange[] {
  const rest = new Map(before.map((edge) => [keyOf(edge), edge]));
  const come: GraphEdge[] = [];
  const changes: GraphEdgeChange[] = [];
  for (const edge of new Map(after.map((one) => [keyOf(one), one])).values()) {
    if (rest.delete(keyOf(edge))) changes.push({ ...edge, fate: 'same' });
    else come.push(edge);
  }
  const gone = [...rest.values()];
  const [old, fresh] = [gone[0], come[0]];
  if (gone.length === 1 && come.length === 1 && old !== undefined && fresh !== undefined) {
    return [...changes, { ...fresh, fate: 'changed', was: { when: old.when, default: old.default } }];
  }
  return [
    ...changes,
    ...gone.map((edge): GraphEdgeChange => ({ ...edge, fate: 'removed' })),
    ...come.map((edge): GraphEdgeChange => ({ ...edge, fate: 'added' })),
  ];
}

function endsOf({ from, to }: GraphEdge): string {
  return JSON.stringify([from, to]);
}

function keyOf({ when, default: isDefault }: GraphEdge): string {
  return JSON.stringify([when ?? null, isDefault]);
}

function compareEdges(a: GraphEdgeChange, b: GraphEdgeChange): number {
  return (
    compareText(a.from, b.from) ||
    compareText(a.to, b.to) ||
    compareText(a.when ?? '', b.when ?? '') ||
    compareText(a.fate, b.fate)
  );
}
