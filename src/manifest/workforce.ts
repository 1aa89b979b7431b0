import { memoryToolId } from './memory-tools.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { listAt, objectAt } from './manifest-reference.ts';
import { compareText } from './problem.ts';
import { qualify } from './reference.ts';
import { type Address, addressOf, type Kind, type Resource } from './resource.ts';

/** Who belongs to a workforce: its entry agents and whatever they reach, each list sorted. Nobody writes it. */
export interface Members {
  readonly agents: readonly Address[];
  /** Addresses of Tools; `mcp:namespace/server:tool` and `memory:namespace/name:operation` for what is no resource. */
  readonly tools: readonly string[];
  /** URLs of agents elsewhere that they hand work to. */
  readonly elsewhere: readonly string[];
}

/** A resolved resource, or what a listing gives of one. */
export type Member = Pick<Resource, 'namespace' | 'manifest'>;

/**
 * The agents that a workforce's entries reach by calls and by hand-overs, however far, and the tools of all of them.
 * What a reference names and nobody declares is left out: validation says so.
 */
export function membersOf(workforce: Member, agentAt: (address: Address) => Member | undefined): Members {
  const agents = new Set<Address>();
  const tools = new Set<string>();
  const elsewhere = new Set<string>();
  const open = named('Agent', listAt(objectAt(workforce.manifest, 'spec'), 'entryAgents'), workforce.namespace);
  for (let address = open.pop(); address !== undefined; address = open.pop()) {
    const agent = agents.has(address) ? undefined : agentAt(address);
    if (agent === undefined) continue;
    agents.add(address);
    const spec = objectAt(agent.manifest, 'spec');
    for (const tool of toolsOf(spec, agent.namespace)) tools.add(tool);
    const others = listAt(spec, 'agents').filter(isJsonObject);
    open.push(...named('Agent', valuesOf(others, 'agentRef'), agent.namespace));
    for (const url of valuesOf(others, 'url')) if (typeof url === 'string') elsewhere.add(url);
  }
  return { agents: sorted(agents), tools: sorted(tools), elsewhere: sorted(elsewhere) };
}

function toolsOf(spec: JsonObject, namespace: string): readonly string[] {
  const uses = listAt(spec, 'tools').filter(isJsonObject);
  const memory = objectAt(spec, 'memory');
  const { memoryRef } = memory;
  return [
    ...named('Tool', valuesOf(uses, 'toolRef'), namespace),
    ...uses.flatMap((use) => serverTools(use, namespace)),
    ...(typeof memoryRef === 'string' ? memoryUses(qualify(memoryRef, namespace), listAt(memory, 'allow')) : []),
  ];
}

/** A resolved agent names the tools of a server exactly: globs were expanded against the pin. */
function serverTools(use: JsonObject, namespace: string): readonly string[] {
  const { mcpServerRef } = use;
  if (typeof mcpServerRef !== 'string') return [];
  return textsIn(listAt(use, 'tools')).map((tool) => `mcp:${qualify(mcpServerRef, namespace)}:${tool}`);
}

const operations = ['read', 'write', 'search', 'list', 'ingest'] as const;

function memoryUses(memory: string, allowed: readonly Json[]): readonly string[] {
  return operations.filter((one) => allowed.includes(one)).map((one) => memoryToolId(memory, one));
}

function named(kind: Kind, references: readonly Json[], namespace: string): Address[] {
  return textsIn(references).map((reference) => {
    const [within = '', name = ''] = qualify(reference, namespace).split('/');
    return addressOf({ kind, namespace: within, name });
  });
}

function valuesOf(entries: readonly JsonObject[], field: string): readonly Json[] {
  return entries.flatMap((entry) => entry[field] ?? []);
}

function textsIn(values: readonly Json[]): readonly string[] {
  return values.filter((value) => typeof value === 'string');
}

function sorted(texts: ReadonlySet<string>): readonly string[] {
  return [...texts].sort(compareText);
}
