import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { type ForeignEstate, foreignKey } from '../foreign-estate.ts';

/** The gateway that something goes through: by name, by the operator's own rule, none, or one of several. */
export type Route =
  | { readonly kind: 'named' | 'found'; readonly gateway: ForeignDocument }
  | { readonly kind: 'missing'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'ambiguous'; readonly among: readonly ForeignDocument[] }
  | { readonly kind: 'none' };

/** The AiGateway of an agent: what it names, else the one of the namespace `ai-gateway`. */
export function aiGatewayOf(agent: ForeignDocument, estate: ForeignEstate): Route {
  const inNamespace = ofKind('AiGateway', estate).filter(({ namespace }) => namespace === 'ai-gateway');
  return routeOf(agent.spec.get('aiGatewayRef'), estate, { kind: 'AiGateway', otherwise: inNamespace });
}

/** The ToolGateway of a route: what it names, else the only one there is. */
export function toolGatewayOf(route: ForeignDocument, estate: ForeignEstate): Route {
  const otherwise = ofKind('ToolGateway', estate);
  return routeOf(route.spec.get('toolGatewayRef'), estate, { kind: 'ToolGateway', otherwise });
}

function routeOf(
  reference: ForeignNode,
  estate: ForeignEstate,
  { kind, otherwise }: { readonly kind: string; readonly otherwise: readonly ForeignDocument[] },
): Route {
  if (reference.exists) {
    const name = reference.get('name').text() ?? '';
    const namespace = reference.get('namespace').text() ?? reference.document.namespace;
    const gateway = estate.find(foreignKey(kind, namespace, name), reference.document);
    return gateway === undefined ? { kind: 'missing', namespace, name } : { kind: 'named', gateway };
  }
  const [gateway, another] = otherwise;
  if (gateway === undefined) return { kind: 'none' };
  return another === undefined ? { kind: 'found', gateway } : { kind: 'ambiguous', among: otherwise };
}

const byKind = new WeakMap<ForeignEstate, Map<string, readonly ForeignDocument[]>>();

/** All documents of one kind of the operator's, whether refused or not. */
export function ofKind(kind: string, estate: ForeignEstate): readonly ForeignDocument[] {
  const kinds = byKind.get(estate) ?? new Map<string, readonly ForeignDocument[]>();
  byKind.set(estate, kinds);
  const found =
    kinds.get(kind) ??
    [...estate.documents.keys()].filter(
      (document) => document.kind === kind && document.apiVersion === 'runtime.agentic-layer.ai/v1alpha1',
    );
  kinds.set(kind, found);
  return found;
}
