import { memoryIdsOf } from '../manifest/memory-tools.ts';
import type { Tier } from '../manifest/bundle-world.ts';
import { permissionParts } from '../manifest/permission.ts';
import { compareText } from '../manifest/problem.ts';
import { qualify } from '../manifest/reference.ts';
import type { Address, Resource } from '../manifest/resource.ts';
import { serverEntryOf } from '../manifest/server-tools.ts';
import type { Verdict } from './authority.ts';
import { shared } from './bundle-text.ts';
import { classesOf } from './data-class.ts';
import { type ToolFacts, toolFacts } from './facts.ts';
import { kept } from './kept.ts';
import type { Rule } from './reach.ts';
import { strongestTier } from './tier.ts';
import { pathOf, type SpecOf, specOf } from './typed.ts';

// A fleet asks the same few rules about hundreds of thousands of cells. What a rule's text means is worked out once for
// each resource, which never changes, and is kept exactly as long as the resource is.

/** What an AgentPolicy says of tools and models, made ready for look-ups. */
export interface PolicyForm {
  readonly address: Address;
  /** Absent: says nothing of which models. */
  readonly models: { readonly allow: PathSet | undefined; readonly deny: PathSet } | undefined;
  /** Absent: says nothing of tools. */
  readonly tools: { readonly allow: PathSet | undefined; readonly deny: PathSet } | undefined;
  /** Denied; absent: none. */
  readonly operations: ReadonlySet<string> | undefined;
  /** Operations that people look at first; absent: none. */
  readonly asked: ReadonlySet<string> | undefined;
  /** Who is asked, and how long they have. */
  readonly approval: SpecOf<'AgentPolicy'>['approval'];
  /** Of every cell that it denies. */
  readonly denied: Verdict;
}

/** Exact `namespace/name`, or `*` alone for everything. */
export interface PathSet {
  readonly all: boolean;
  readonly paths: ReadonlySet<string>;
}

export const policyForm = kept((rule: Rule<'AgentPolicy'>): PolicyForm => {
  const { address, namespace, spec } = rule;
  return {
    address,
    models: setsOf(spec.models, namespace),
    tools: setsOf(spec.tools, namespace),
    operations: spec.operations?.deny && new Set(spec.operations.deny),
    asked: spec.operations?.ask && new Set(spec.operations.ask),
    approval: spec.approval,
    denied: shared({ kind: 'deny', reason: 'policy.denied', rule: address }),
  };
});

interface Lists {
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
}

function setsOf({ allow, deny }: Lists = {}, namespace: string): PolicyForm['tools'] {
  if (allow === undefined && deny === undefined) return undefined;
  return { allow: allow && pathSet(allow, namespace), deny: pathSet(deny ?? [], namespace) };
}

/** Whether lists leave something out, by any of its names. */
export function leavesOut({ allow, deny }: NonNullable<PolicyForm['tools']>, ...names: readonly string[]): boolean {
  return names.some((name) => holds(deny, name)) || (allow !== undefined && !names.some((name) => holds(allow, name)));
}

export function holds({ all, paths }: PathSet, path: string): boolean {
  return all || paths.has(path);
}

function pathSet(list: readonly string[], namespace: string): PathSet {
  const paths = list.flatMap(
    (entry) => memoryIdsOf(entry, namespace) ?? serverEntryOf(entry, namespace) ?? qualify(entry, namespace),
  );
  return { all: list.includes('*'), paths: new Set(paths) };
}

export interface RoleForm {
  readonly address: Address;
  /** The permissions that it gives, as texts. */
  readonly gives: ReadonlySet<string>;
  /** Of every cell that it alone grants. */
  readonly granted: Verdict;
}

export const roleForm = kept(
  (role: Resource): RoleForm => ({
    address: role.address,
    granted: shared({ kind: 'allow', rule: role.address }),
    gives: new Set(specOf(role, 'AgentRole').permissions.map((text) => keyOf(permissionParts(text, role.namespace)))),
  }),
);

/** One permission that a call needs, and every text of a role that gives it. */
export interface Wanted {
  readonly text: string;
  readonly givenBy: readonly string[];
}

/** Permissions in a stable order, so that which role is named does not depend on how a list was written. */
export interface Demand {
  readonly wanted: readonly Wanted[];
  readonly match: 'all' | 'any';
}

/** What a ToolPermission asks for; undefined: nothing. One that requires nothing must not stand in for the grant. */
export const permissionDemand = kept(({ namespace, spec }: Rule<'ToolPermission'>): Demand | undefined => {
  const required = [...new Set(spec.required)].sort(compareText);
  if (required.length === 0) return undefined;
  return { wanted: required.map((text) => wantedOf(permissionParts(text, namespace))), match: spec.match };
});

export interface ToolForm {
  readonly path: string;
  /** What lists of tools may call it by: its path, and where it is of an MCP server, that and the server. */
  readonly names: readonly string[];
  readonly namespace: string;
  readonly operations: readonly string[];
  /** What rules on single calls look at. */
  readonly facts: ToolFacts;
  /** It runs somewhere else, where nothing of pawl isolates it. */
  readonly isRemote: boolean;
  /** The strongest tier that it can run in, where it runs on a worker. */
  readonly strongest?: Tier;
  /** `tool:<name>:<operation>` for every operation; of an MCP server's tool the name is the server's. */
  readonly demand: Demand;
  /** The digest of the definition that people looked at; absent: tools of its type have none, or it has none. */
  readonly pin?: string;
  /** Of every cell of a tool that nobody looked at. */
  readonly unpinned?: Verdict;
}

export const toolForm = kept((tool: Resource): ToolForm => {
  const path = pathOf(tool);
  const { type, risk, dataClass, ...spec } = specOf(tool, 'Tool');
  const operations = [...new Set<string>(spec.operation)].sort(compareText);
  const classes = classesOf(type, dataClass);
  return {
    path,
    names: [path],
    namespace: tool.namespace,
    operations,
    facts: toolFacts({ operations, risk, classes }),
    isRemote: type === 'http' || type === 'human',
    demand: demandOf(path, operations),
    ...strongestOf(type),
  };
});

function strongestOf(type: string): Pick<ToolForm, 'strongest'> {
  const strongest = strongestTier(type);
  return strongest === undefined ? {} : { strongest };
}

/** What calls of a tool, or of an MCP server's, need where no ToolPermission says otherwise. */
export function demandOf(path: string, operations: readonly string[]): Demand {
  return { wanted: operations.map((operation) => wantedOf(['tool', path, operation])), match: 'all' };
}

/** `*` stands for a whole part after the first, never for a piece of one. */
function wantedOf(parts: readonly string[]): Wanted {
  const [first = '', ...rest] = parts;
  const givenBy = rest.reduce<readonly string[][]>(
    (known, part) => known.flatMap((texts) => [...new Set([part, '*'])].map((one) => [...texts, one])),
    [[first]],
  );
  return { text: parts.join(':'), givenBy: givenBy.map(keyOf) };
}

function keyOf(parts: readonly string[]): string {
  return parts.join(':');
}
