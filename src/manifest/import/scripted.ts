import { stringify } from 'yaml';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { listAt, objectAt } from '../manifest-reference.ts';
import { networkFields } from '../meaning-model.ts';
import { qualify } from '../reference.ts';
import type { Emitted } from './conversion.ts';
import { answerOf, type Standing } from './scripted-answer.ts';
import type { Settled } from './settle.ts';

/** The files by which what was imported can be tried offline, beside those that it goes live with. */
export interface Scripted {
  /** The folder that the environment has beside the others, as its last path; undefined: nothing had to be changed. */
  readonly overlay: string | undefined;
  readonly files: readonly { readonly path: string; readonly text: string }[];
}

/** As all manifests are written that the import writes. */
const yamlStyle = {
  version: '1.2',
  compat: 'yaml-1.1',
  lineWidth: 0,
  blockQuote: 'literal',
  aliasDuplicateObjects: false,
} as const;

/** The environment that has the overlay. */
export const scriptedEnvironment = 'scripted';

/**
 * An overlay in which every model answers from a script and no guard asks a service: patches, so that the endpoints of
 * production stay as they are.
 */
export function scriptedFiles({ resources, written }: Pick<Settled, 'resources' | 'written'>): Scripted {
  const overlay = freeFolder(written.map(({ path }) => path));
  const models = resources.filter(({ kind }) => kind === 'ModelEndpoint');
  const guards = resources.filter(({ kind }) => kind === 'Guard');
  const files = [
    ...models.flatMap((model) => modelFiles(model, { overlay, resources, written })),
    ...guards.flatMap((guard) => guardFiles(guard, overlay)),
    ...resources.flatMap((agent) => agentFiles(agent, overlay)),
    ...systemFiles(resources, overlay),
  ];
  const isUsed = files.some(({ path }) => path.startsWith(`${overlay}/`));
  return { overlay: isUsed ? overlay : undefined, files };
}

function freeFolder(paths: readonly string[]): string {
  const taken = new Set(paths.map((path) => path.split('/')[0]));
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? 'scripted' : `scripted-${count}`;
    if (!taken.has(name)) return name;
  }
}

interface Around extends Pick<Settled, 'resources' | 'written'> {
  readonly overlay: string;
}

function modelFiles(model: Emitted, { overlay, resources, written }: Around): Scripted['files'] {
  const script = stringify({ replies: repliesFor(model, resources) }, yamlStyle);
  const head = '# What each agent says. Change the answers to try other ways through a graph.\n';
  const own = written.find(({ resource }) => resource.kind === 'ModelEndpoint' && sameName(resource, model));
  const { provider, scriptFile } = model.spec;
  // An endpoint that the import itself made up has its script beside it, and needs no patch.
  if (provider === 'scripted' && typeof scriptFile === 'string' && own !== undefined)
    return [{ path: `${own.path.slice(0, own.path.lastIndexOf('/') + 1)}${scriptFile}`, text: `${head}${script}` }];
  const name = `${overlay}/models/${model.namespace}-${model.name}`;
  const spec: Record<string, Json> = {
    provider: 'scripted',
    scriptFile: `${model.namespace}-${model.name}.script.yaml`,
  };
  for (const field of networkFields) if (model.spec[field] !== undefined) spec[field] = null;
  return [
    {
      path: `${name}.yaml`,
      text: patch(model, spec, 'The model answers from a script: offline, without a key, and always the same.'),
    },
    { path: `${name}.script.yaml`, text: `${head}${script}` },
  ];
}

function sameName(one: Emitted, other: Emitted): boolean {
  return one.namespace === other.namespace && one.name === other.name;
}

function patch({ kind, namespace, name }: Emitted, spec: JsonObject, remark: string): string {
  const metadata = { name, namespace, annotations: { 'pawl/patch': 'merge' } };
  return `# ${remark}\n${stringify({ apiVersion: 'pawl/v1', kind, metadata, spec }, yamlStyle)}`;
}

/** One reply for each agent that may ask the model; at least one, so that the file is a script. */
function repliesFor(model: Emitted, resources: readonly Emitted[]): JsonObject[] {
  const standings = standingsOf(resources);
  const asking = resources.filter((agent) => agent.kind === 'Agent' && uses(agent, model));
  const names = new Map(asking.map((agent) => [agent.name, agent]));
  const replies = Array.from(names.values(), (agent) => {
    const answer = answerOf(agent.name, agent.spec, standings.get(`${agent.namespace}/${agent.name}`) ?? []);
    const hasSchema = objectAt(agent.spec, 'output')['schema'] !== undefined;
    const turn = typeof answer === 'string' && !hasSchema ? { text: answer } : { json: answer };
    // A step may ask again: after a tool call of its own, or to mend an answer.
    return { agent: agent.name, turns: [turn, turn, turn] };
  });
  return replies.length > 0 ? replies : [{ agent: 'nobody', turns: [{ text: 'No agent names this model.' }] }];
}

function uses(agent: Emitted, model: Emitted): boolean {
  const { modelRef } = agent.spec;
  const references = [modelRef, ...listAt(agent.spec, 'modelRefs')];
  const path = `${model.namespace}/${model.name}`;
  return references.some((one) => typeof one === 'string' && qualify(one, agent.namespace) === path);
}

/** The nodes in which each agent stands, by its namespace and name. */
function standingsOf(resources: readonly Emitted[]): ReadonlyMap<string, readonly Standing[]> {
  const standings = new Map<string, Standing[]>();
  for (const { kind, namespace, spec } of resources) {
    if (kind !== 'AgentSystem') continue;
    const graph = objectAt(spec, 'graph');
    for (const [node, value] of Object.entries(graph)) {
      const agentRef = isJsonObject(value) ? value['agentRef'] : undefined;
      if (typeof agentRef !== 'string') continue;
      const key = qualify(agentRef, namespace);
      standings.set(key, [...(standings.get(key) ?? []), { graph, node }]);
    }
  }
  return standings;
}

/** A pattern that no text matches: the guard is in force, and asks nobody. */
const nothing = '[^\\x00-\\x{10FFFF}]';

function guardFiles(guard: Emitted, overlay: string): Scripted['files'] {
  const provider = objectAt(guard.spec, 'provider');
  if (provider['type'] === 'regex') return [];
  const others = Object.keys(provider).filter((field) => field !== 'type');
  const spec = {
    provider: {
      type: 'regex',
      regex: { patterns: [{ name: 'nothing', pattern: nothing }] },
      ...Object.fromEntries(others.map((field) => [field, null])),
    },
  };
  const path = `${overlay}/guards/${guard.namespace}-${guard.name}.yaml`;
  return [{ path, text: patch(guard, spec, 'The guard asks no service here, and finds nothing.') }];
}

/** A script calls no tools, so that none can be required. */
function agentFiles(agent: Emitted, overlay: string): Scripted['files'] {
  const execution = objectAt(agent.spec, 'execution');
  if (agent.kind !== 'Agent' || listAt(execution, 'requiredTools').length === 0) return [];
  const path = `${overlay}/agents/${agent.namespace}-${agent.name}.yaml`;
  return [
    {
      path,
      text: patch(
        agent,
        { execution: { requiredTools: null } },
        'The script calls no tools, so none is required here.',
      ),
    },
  ];
}

/** A system to run each agent by, where no imported one has it: the other system calls agents without any. */
function systemFiles(resources: readonly Emitted[], overlay: string): Scripted['files'] {
  const standings = standingsOf(resources);
  const systems = new Set(
    resources.flatMap((one) => (one.kind === 'AgentSystem' ? [`${one.namespace}/${one.name}`] : [])),
  );
  return resources.flatMap(({ kind, namespace, name, spec }) => {
    const path = `${namespace}/${name}`;
    if (kind !== 'Agent' || isJsonObject(spec['runtime']) || standings.has(path) || systems.has(path)) return [];
    const system = {
      apiVersion: 'pawl/v1',
      kind: 'AgentSystem',
      metadata: { name, namespace },
      spec: { graph: { answer: { agentRef: name, input: '${ input }' } } },
    };
    const text = `# To try the agent by itself: no system was imported that it belongs to.\n${stringify(system, yamlStyle)}`;
    return [{ path: `${overlay}/systems/${namespace}-${name}.yaml`, text }];
  });
}
