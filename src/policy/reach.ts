import { compareText } from '../manifest/problem.ts';
import { qualify } from '../manifest/reference.ts';
import type { Address, Resource } from '../manifest/resource.ts';
import type { SystemCaller } from './callers.ts';
import { kept } from './kept.ts';
import { pathOf, type SpecOf, specOf } from './typed.ts';

/** Who calls: an agent within a system, or a system for its own tool nodes. */
export interface Subject {
  readonly address: Address;
  /** `namespace/name`; undefined for a system's own tool nodes. */
  readonly agent: string | undefined;
  /** `namespace/name` of every system on a way to it. */
  readonly systems: readonly string[];
  /** Addresses of those systems, and of the agents that hand work to it. */
  readonly way: readonly Address[];
  readonly namespaces: readonly string[];
  readonly labels: readonly Readonly<Record<string, string>>[];
}

/** What an AgentPolicy or a ToolPermission says, and whom it says it of. */
export interface Rule<K extends 'AgentPolicy' | 'ToolPermission'> {
  readonly address: Address;
  readonly namespace: string;
  readonly spec: SpecOf<K>;
  readonly reaches: (subject: Subject) => boolean;
}

/**
 * A policy on the name, the namespace or the labels of a system reaches the agents that run in it, wherever they are
 * from, and what runs in the systems that it nests.
 */
export const subjectOf = kept(({ resource, systems, way }: SystemCaller): Subject => {
  return {
    address: resource.address,
    agent: resource.kind === 'Agent' ? pathOf(resource) : undefined,
    systems: systems.map(pathOf),
    way,
    namespaces: [...new Set([resource.namespace, ...systems.map(({ namespace }) => namespace)])],
    labels: [labelsOf(resource), ...systems.map(labelsOf)],
  };
});

/**
 * An AgentPolicy reaches whom every kind of its lists names; within a list any entry does, and an empty list names
 * nobody. Targets without any list are refused by the schema; here they would reach everybody, as a policy only
 * restricts.
 */
export const policyRule = kept((resource: Resource): Rule<'AgentPolicy'> => {
  const spec = specOf(resource, 'AgentPolicy');
  const { agents, systems, namespaces, labels } = spec.targets ?? {};
  const agentPaths = pathsOf(agents, resource.namespace);
  const systemPaths = pathsOf(systems, resource.namespace);
  const wanted = Object.entries(labels ?? {});
  const reaches = (subject: Subject): boolean =>
    spec.global === true ||
    ((agentPaths === undefined || (subject.agent !== undefined && agentPaths.has(subject.agent))) &&
      (systemPaths === undefined || subject.systems.some((path) => systemPaths.has(path))) &&
      (namespaces === undefined || subject.namespaces.some((namespace) => namespaces.includes(namespace))) &&
      (labels === undefined || subject.labels.some((has) => wanted.every(([key, value]) => has[key] === value))));
  return { address: resource.address, namespace: resource.namespace, spec, reaches };
});

/** A ToolPermission holds for the agents that it names, or for every agent and tool node. */
export const permissionRule = kept((resource: Resource): Rule<'ToolPermission'> => {
  const spec = specOf(resource, 'ToolPermission');
  const agentPaths = pathsOf(spec.agents, resource.namespace);
  const reaches = ({ agent }: Subject): boolean =>
    spec.global === true || agentPaths === undefined || (agent !== undefined && agentPaths.has(agent));
  return { address: resource.address, namespace: resource.namespace, spec, reaches };
});

/** Rules by address: whatever is first found to deny is the same for any order of files. */
export function byAddress<R extends { readonly address: Address }>(rules: readonly R[]): readonly R[] {
  return [...rules].sort((a, b) => compareText(a.address, b.address));
}

function pathsOf(references: readonly string[] | undefined, namespace: string): ReadonlySet<string> | undefined {
  return references && new Set(references.map((reference) => qualify(reference, namespace)));
}

function labelsOf(resource: Resource): Readonly<Record<string, string>> {
  const metadata = resource.manifest['metadata'] as { readonly labels?: Readonly<Record<string, string>> } | undefined;
  return metadata?.labels ?? {};
}
