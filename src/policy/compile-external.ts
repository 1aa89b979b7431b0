import type { BundleAgent, BundleTool } from '../manifest/bundle.ts';
import { externalAgentId, externalAgentOperations, parseExternalAgentId } from '../manifest/external-agents.ts';
import type { JsonObject } from '../manifest/json.ts';
import { compareText } from '../manifest/problem.ts';
import type { Resource } from '../manifest/resource.ts';
import type { Verdict } from './authority.ts';
import { shared } from './bundle-text.ts';
import { authOf } from './compile-auth.ts';
import { externalVerdict, type Grants } from './compile-verdict.ts';
import { durationMs } from './duration-ms.ts';
import type { View } from './estate.ts';
import { taskSchema } from './hand-off.ts';
import { kept } from './kept.ts';
import type { Subject } from './reach.ts';
import { notRunnable } from './runnable.ts';
import { pathOf, type SpecOf, specOf } from './typed.ts';

/** What an agent that runs elsewhere calls itself by; no model is told of it. */
const ownName = 'a2a';

/** The agents elsewhere that an Agent calls: itself, where it runs elsewhere, and those that it lists by their URL. */
export const externalToolsOf = kept((agent: Resource): Readonly<Record<string, BundleTool>> => {
  const { agents = [], runtime, limits, description } = specOf(agent, 'Agent');
  const path = pathOf(agent);
  const timeoutMs = durationMs(limits.timeout);
  const found: [string, BundleTool][] = [];
  if (typeof runtime === 'object') {
    // The schema of the kind gives it this form.
    const { external } = runtime as { readonly external?: External };
    if (external === undefined) throw notRunnable(agent, 'runs in a container');
    const { url, allowPrivate, auth } = external;
    const impl = { type: 'a2a', url, allowPrivate, ...authOf(agent, auth) } as const;
    const about = { name: ownName, description: description ?? '', inputSchema: anyTask, timeoutMs };
    found.push([externalAgentId({ agent: path }), toolWith({ ...about, impl })]);
  }
  for (const { url, name = '', description: said, allowPrivate, auth, interaction, isolation } of agents) {
    if (url === undefined) continue;
    const impl: BundleTool['impl'] = {
      type: 'a2a',
      url,
      allowPrivate: allowPrivate ?? false,
      ...authOf(agent, auth),
      ...(interaction === 'transfer' ? { transfers: true } : {}),
      ...(isolation === 'shared' ? { remembers: true } : {}),
    };
    const about = { name, description: said ?? `The agent ${name}.`, inputSchema: taskSchema, timeoutMs };
    found.push([externalAgentId({ agent: path, name }), toolWith({ ...about, impl })]);
  }
  return Object.fromEntries(found.sort(([a], [b]) => compareText(a, b)));
});

interface External {
  readonly url: string;
  readonly allowPrivate: boolean;
  readonly auth?: SpecOf<'Tool'>['auth'];
}

const anyTask: JsonObject = {
  type: 'object',
  properties: { task: {} },
  required: ['task'],
  additionalProperties: false,
};

/** More than any answer that another step could use. */
const resultBytesMax = 1_048_576;

function toolWith(known: Pick<BundleTool, 'name' | 'description' | 'inputSchema' | 'timeoutMs' | 'impl'>): BundleTool {
  const { name, description, inputSchema, timeoutMs, impl } = known;
  return shared({
    name,
    description,
    inputSchema,
    operations: externalAgentOperations,
    idempotent: false,
    timeoutMs,
    maxResultBytes: resultBytesMax,
    costPerCall: 0,
    impl,
  });
}

/** The agent with the agents elsewhere among its tools. One that runs elsewhere has nothing else. */
export function withExternal(agent: BundleAgent, resource: Resource): BundleAgent {
  const tools = externalToolsOf(resource);
  const entries = Object.entries(tools).map(([id, { name }]) => [name, id] as const);
  if (entries.length === 0) return agent;
  const all = [...Object.entries(agent.tools), ...entries].sort(([a], [b]) => compareText(a, b));
  if (new Set(all.map(([name]) => name)).size !== all.length)
    throw new TypeError(`${resource.address} offers two things under one name: a model could not tell them apart`);
  const named = { ...agent, tools: Object.fromEntries(all) };
  return tools[externalAgentId({ agent: pathOf(resource) })] === undefined ? named : { external: ownName, ...named };
}

/** The tool behind an id, where it is an agent elsewhere; undefined: it is something else. */
export function externalToolOf(id: string, view: View): BundleTool | undefined {
  const parsed = parseExternalAgentId(id);
  if (parsed === undefined) return undefined;
  const tool = externalToolsOf(view.resource('Agent', parsed.agent))[id];
  if (tool === undefined) throw new TypeError(`${id} is no agent elsewhere: compiling comes after listing`);
  return tool;
}

/** Cells of the agents elsewhere that a subject calls: its manifest is the grant, and policies take from it. */
export function externalVerdicts(
  { agent, address }: Subject,
  view: View,
  { grants, wanted }: { readonly grants: Grants; readonly wanted: ReadonlySet<string> | undefined },
): Readonly<Record<string, Verdict>> | undefined {
  if (agent === undefined) return undefined;
  const ids = Object.keys(externalToolsOf(view.resource('Agent', agent)));
  const asked = wanted === undefined ? ids : ids.filter((id) => wanted.has(id));
  if (asked.length === 0) return undefined;
  return Object.fromEntries(asked.map((id) => [id, externalVerdict(id, address, grants)]));
}
