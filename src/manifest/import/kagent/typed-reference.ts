import { shownText } from '../../shown.ts';
import type { ForeignNode } from '../foreign.ts';

/** The kinds of tool servers by what a reference may call them; without a kind kagent means an MCPServer. */
export const serverKinds: Kinds = {
  '': { kind: 'MCPServer', groups: ['', 'kagent.dev'] },
  MCPServer: { kind: 'MCPServer', groups: ['', 'kagent.dev'] },
  RemoteMCPServer: { kind: 'RemoteMCPServer', groups: ['', 'kagent.dev'] },
  Service: { kind: 'Service', groups: ['', 'core'] },
};

/** The kinds of agents; without a kind kagent means an Agent. */
export const agentKinds: Kinds = {
  '': { kind: 'Agent', groups: ['', 'kagent.dev'] },
  Agent: { kind: 'Agent', groups: ['', 'kagent.dev'] },
  SandboxAgent: { kind: 'SandboxAgent', groups: ['', 'kagent.dev'] },
};

type Kinds = Readonly<Record<string, { readonly kind: string; readonly groups: readonly string[] }>>;

/** A reference of kagent to another document. */
export interface TypedReference {
  readonly node: ForeignNode;
  readonly kinds: readonly string[];
  readonly namespace: string;
  readonly name: string;
}

/** Reads `{apiGroup, kind, name, namespace}`; a kind that kagent does not know refuses the document, as it does there. */
export function typedReference(reference: ForeignNode, among: Kinds): TypedReference | undefined {
  const written = reference.get('kind').text() ?? '';
  const group = reference.get('apiGroup').text() ?? '';
  const namespace = reference.get('namespace').text() ?? '';
  const name = reference.get('name').text() ?? '';
  const found = Object.hasOwn(among, written) ? among[written] : undefined;
  if (found?.groups.includes(group) === true) {
    const here = reference.document.namespace;
    return { node: reference.get('name'), kinds: [found.kind], namespace: namespace === '' ? here : namespace, name };
  }
  const kinds = Object.keys(among).filter((kind) => kind !== '');
  const what = shownText(group === '' ? written : `${group}/${written}`);
  const message = `\`${what}\` is nothing that an agent of kagent can use here.`;
  reference.get(found === undefined ? 'kind' : 'apiGroup').refuse({
    code: 'import.schema',
    message,
    help: `It must be one of ${kinds.join(', ')}.`,
  });
  return undefined;
}

/** A name of kagent's first version: `name`, or `namespace/name`. */
export function namespacedName(node: ForeignNode): { readonly namespace: string; readonly name: string } {
  const text = node.text() ?? '';
  const slash = text.indexOf('/');
  if (slash < 0) return { namespace: node.document.namespace, name: text };
  return { namespace: text.slice(0, slash), name: text.slice(slash + 1) };
}
