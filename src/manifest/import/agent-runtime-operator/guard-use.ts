import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { type ForeignEstate, foreignKey } from '../foreign-estate.ts';

/** What passes each kind of gateway: an agent gateway sees what goes into agents and what they answer. */
const passing: Readonly<Record<string, 'model' | 'tool'>> = {
  AiGateway: 'model',
  AgentGateway: 'model',
  ToolGateway: 'tool',
};

/** The sorts of calls that a Guard checks: those that pass the gateways that name it; all, where none does. */
export function guardedCalls(guard: ForeignDocument, estate: ForeignEstate): string[] {
  const calls = usesOf(estate).get(guard) ?? new Set(['model', 'tool']);
  return ['model', 'tool'].filter((call) => calls.has(call));
}

/** A Guard that a gateway names. */
export function guardOf(node: ForeignNode, estate: ForeignEstate): ForeignDocument | undefined {
  const namespace = node.get('namespace').text() ?? node.document.namespace;
  return estate.find(foreignKey('Guard', namespace, node.get('name').text() ?? ''), node.document);
}

type Uses = ReadonlyMap<ForeignDocument, ReadonlySet<string>>;

const found = new WeakMap<ForeignEstate, Uses>();

function usesOf(estate: ForeignEstate): Uses {
  const known = found.get(estate);
  if (known !== undefined) return known;
  const uses = new Map<ForeignDocument, Set<string>>();
  for (const document of estate.documents.keys()) {
    const call = passing[document.kind];
    if (call === undefined || document.isRefused) continue;
    for (const node of document.spec.get('guardrails').items()) {
      const guard = guardOf(node, estate);
      if (guard !== undefined) uses.set(guard, (uses.get(guard) ?? new Set()).add(call));
    }
  }
  found.set(estate, uses);
  return uses;
}
