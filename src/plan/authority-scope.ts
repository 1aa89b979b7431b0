import { externalAgentId, parseExternalAgentId } from '../manifest/external-agents.ts';
import { memoryToolId, parseMemoryToolId } from '../manifest/memory-tools.ts';
import { compareText } from '../manifest/problem.ts';
import { qualify } from '../manifest/reference.ts';
import type { Address, Resource } from '../manifest/resource.ts';
import { parseServerToolId, serverToolId } from '../manifest/server-tools.ts';
import { mayHangOn } from '../policy/callers.ts';
import { permissionRule, policyRule, type Rule, type Subject } from '../policy/reach.ts';
import { wrappedTool } from '../policy/server-form.ts';
import { pathOf } from '../policy/typed.ts';
import { type Caller, callersIn, memoriesIn, requestIn, subjectIn, type World } from './authority-world.ts';
import type { Sides } from './sides.ts';

/** What the diff of authority compares: both worlds, and what differs between them, sorted by what it bears on. */
export interface Comparison {
  readonly sides: Sides;
  readonly before: World;
  readonly after: World;
  /** What a plan calls the same by two names: new address to old. */
  readonly was: ReadonlyMap<Address, Address>;
  readonly touched: Touched;
}

/** What differs, in all of its forms. Paths are `namespace/name`. */
export interface Touched {
  readonly addresses: ReadonlySet<Address>;
  readonly roles: ReadonlySet<string>;
  readonly memories: ReadonlySet<string>;
  readonly servers: ReadonlySet<string>;
  /** Tools that differ, or that a ToolPermission that differs speaks of. */
  readonly tools: ReadonlySet<string>;
  readonly policies: readonly Rule<'AgentPolicy'>[];
  /** Addresses of the ToolPermissions that speak of a tool. */
  readonly permissions: ReadonlyMap<string, readonly Address[]>;
}

export function touchedBy({ before, after, changed }: Sides): Touched {
  const forms = changed
    .flatMap((address) => [before.get(address), after.get(address)])
    .filter((one) => one !== undefined);
  const of = (kind: Resource['kind']): Resource[] => forms.filter((form) => form.kind === kind);
  const permissions = new Map<string, Address[]>();
  for (const { address, namespace, spec } of of('ToolPermission').map(permissionRule)) {
    const tool = qualify(spec.toolRef, namespace);
    const known = permissions.get(tool);
    if (known === undefined) permissions.set(tool, [address]);
    else known.push(address);
  }
  const servers = new Set(of('McpServer').map(pathOf));
  return {
    addresses: new Set(changed),
    roles: new Set(of('AgentRole').map(pathOf)),
    memories: new Set(of('Memory').map(pathOf)),
    servers,
    tools: new Set([...of('Tool').map(pathOf), ...permissions.keys(), ...standIns(servers, before, after)]),
    policies: of('AgentPolicy').map(policyRule),
    permissions,
  };
}

/** Tools that stand for those of some servers: what is pinned of a server bears on them. */
function standIns(
  servers: ReadonlySet<string>,
  ...sides: readonly ReadonlyMap<Address, Resource>[]
): readonly string[] {
  if (servers.size === 0) return [];
  return sides.flatMap((side) =>
    [...side.values()].flatMap((resource) => {
      const wrapped = resource.kind === 'Tool' ? wrappedTool(resource) : undefined;
      return wrapped !== undefined && servers.has(wrapped.server) ? [pathOf(resource)] : [];
    }),
  );
}

/** A caller whose rules may differ: by the name that it has after the plan, and where it goes, before it. */
export interface Affected {
  readonly caller: Caller;
  /** The same caller before; its names differ where the plan moves it. */
  readonly old: Caller;
  readonly before: Subject | undefined;
  readonly after: Subject | undefined;
  /** The only tools whose cells may differ; undefined: everything of it may. */
  readonly tools: ReadonlySet<string> | undefined;
}

/** Who may be told otherwise after the plan than before: nobody else is compiled. By subject, then system. */
export function affectedCallers(comparison: Comparison): readonly Affected[] {
  const { before, after, was } = comparison;
  const found = new Map<string, { caller: Caller; old: Caller; tools: Set<string> | undefined }>();
  const isNow = new Map([...was].map(([now, old]) => [old, now] as const));
  const note = (caller: Caller, old: Caller, tools: ReadonlySet<string> | undefined): void => {
    const key = keyOf(caller);
    const known = found.get(key);
    const isAll = tools === undefined || (known !== undefined && known.tools === undefined);
    found.set(key, { caller, old, tools: isAll ? undefined : new Set([...(known?.tools ?? []), ...tools]) });
  };
  const isAskedFor = systemsIn(comparison);
  for (const { subject, system } of callersIn(after, isAskedFor)) {
    const caller = { subject, system };
    const tools = scopeOf(caller, after, comparison.touched);
    if (tools !== 'none') note(caller, renamed(caller, was), tools);
  }
  for (const { subject, system } of callersIn(before, isAskedFor)) {
    const old = { subject, system };
    const tools = scopeOf(old, before, comparison.touched);
    if (tools !== 'none')
      note(renamed(old, isNow), old, tools && new Set([...tools].map((path) => renamedTool(path, isNow))));
  }
  const callers = [...found.values()].sort(
    (a, b) => compareText(a.caller.subject, b.caller.subject) || compareText(a.caller.system, b.caller.system),
  );
  return callers.map(({ caller, old, tools }) => ({
    caller,
    old,
    before: subjectIn(before, old),
    after: subjectIn(after, caller),
    tools,
  }));
}

/** Systems whose callers may be told otherwise. What is no rule and gives nothing bears on who is led to by it alone. */
function systemsIn({ after, touched }: Comparison): ((system: Resource) => boolean) | undefined {
  const { addresses, policies, roles, tools, memories, servers } = touched;
  if (policies.length + roles.size + tools.size + memories.size + servers.size > 0) return undefined;
  // The two sides differ at these addresses alone: who hangs on none of them is the same on both, and is asked once.
  const known = new Map<Resource, boolean>();
  return (system) => {
    let may = known.get(system);
    if (may === undefined) known.set(system, (may = mayHangOn(system, { resources: after.resources, addresses })));
    return may;
  };
}

export function keyOf({ system, subject }: Caller): string {
  return `${system} ${subject}`;
}

/** Of what a memory offers too, which goes with the Memory: `memory:namespace/name:write`. */
export function renamedTool(path: string, names: ReadonlyMap<Address, Address>): string {
  if (names.size === 0) return path;
  const memory = parseMemoryToolId(path);
  if (memory !== undefined) {
    const renamedMemory = names.get(`Memory/${memory.memory}`)?.slice('Memory/'.length) ?? memory.memory;
    return memoryToolId(renamedMemory, memory.operation);
  }
  const served = parseServerToolId(path);
  if (served !== undefined) {
    const server = names.get(`McpServer/${served.server}`)?.slice('McpServer/'.length) ?? served.server;
    return serverToolId(server, served.tool);
  }
  const external = parseExternalAgentId(path);
  if (external !== undefined) {
    const agent = names.get(`Agent/${external.agent}`)?.slice('Agent/'.length) ?? external.agent;
    return externalAgentId({ ...external, agent });
  }
  return names.get(`Tool/${path}`)?.slice('Tool/'.length) ?? path;
}

function renamed({ subject, system }: Caller, names: ReadonlyMap<Address, Address>): Caller {
  if (names.size === 0) return { subject, system };
  const path = names.get(`AgentSystem/${system}`)?.slice('AgentSystem/'.length) ?? system;
  return { subject: names.get(subject) ?? subject, system: path };
}

/** `none`: nothing that differs bears on the caller on this side; undefined: all of it may. */
function scopeOf(caller: Caller, world: World, touched: Touched): ReadonlySet<string> | undefined | 'none' {
  const { subject, system } = caller;
  if (touched.addresses.has(subject) || touched.addresses.has(`AgentSystem/${system}`)) return undefined;
  const known = subjectIn(world, caller);
  if (known === undefined) return 'none';
  if (known.way.some((address) => touched.addresses.has(address))) return undefined;
  if (touched.policies.some((policy) => policy.reaches(known))) return undefined;
  if (touched.memories.size > 0 && memoriesIn(world, known).some((path) => touched.memories.has(path)))
    return undefined;
  const isAsked = touched.roles.size > 0 || touched.tools.size > 0 || touched.servers.size > 0;
  const request = isAsked ? requestIn(world, known) : undefined;
  if (request === undefined) return 'none';
  if (request.roles.some((role) => touched.roles.has(role))) return undefined;
  const tools = new Set([...common(request.tools, touched.tools), ...servedBy(touched.servers, request.tools)]);
  return tools.size === 0 ? 'none' : tools;
}

/** Those of some tools that are of one of the servers. */
function servedBy(servers: ReadonlySet<string>, tools: ReadonlySet<string>): readonly string[] {
  if (servers.size === 0) return [];
  return [...tools].filter((id) => servers.has(parseServerToolId(id)?.server ?? ''));
}

function common(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  const [few, many] = a.size < b.size ? [a, b] : [b, a];
  return new Set([...few].filter((one) => many.has(one)));
}
