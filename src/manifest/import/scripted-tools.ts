import { isGlob, matchesGlob } from '../glob.ts';
import { isJsonList, isJsonObject, type Json, type JsonObject } from '../json.ts';
import { listAt, objectAt } from '../manifest-reference.ts';
import { qualify } from '../reference.ts';
import type { Emitted } from './conversion.ts';
import type { ScriptedOverlay } from './scripted-overlay.ts';

/** What only tools of other types have. */
const fields = [
  'http',
  'cli',
  'mcp',
  'code',
  'wasm',
  'container',
  'human',
  'auth',
  'egress',
  'isolation',
  'outputSchema',
];

/** Lets every tool answer with its arguments, so that a script may call it: nothing outside is reached or run. */
export function answerTools(overlay: ScriptedOverlay): void {
  for (const tool of overlay.ofKind('Tool')) {
    const { spec } = tool;
    if (spec['type'] === 'builtin' || spec['type'] === 'retrieval') continue;
    const gone = fields.filter((field) => spec[field] !== undefined).map((field) => [field, null]);
    const input = spec['inputSchema'] === undefined ? { inputSchema: { type: 'object' } } : {};
    overlay.patch(
      tool,
      { type: 'builtin', builtin: { name: 'echo' }, ...input, ...Object.fromEntries(gone) },
      'The tool answers with its arguments: nothing outside is reached or run.',
    );
  }
}

/** A Tool that stands for one tool of a server. */
interface StandIn {
  readonly server: Emitted;
  readonly name: string;
}

/**
 * Puts a Tool in the place of each tool of a server that an agent takes by its name, with the same approvals and
 * grants; names that only the server knows are left out.
 */
export function replaceServers(overlay: ScriptedOverlay): void {
  const servers = new Map(overlay.ofKind('McpServer').map((server) => [`${server.namespace}/${server.name}`, server]));
  if (servers.size === 0) return;
  const standIns = new Map<string, StandIn>();
  const standIn = (server: Emitted, tool: string): StandIn => {
    const key = `${server.namespace}/${server.name}/${tool}`;
    const made = standIns.get(key) ?? { server, name: addStandIn(overlay, server, tool) };
    standIns.set(key, made);
    return made;
  };
  for (const agent of overlay.ofKind('Agent')) {
    const before = listAt(agent.spec, 'tools').filter(isJsonObject);
    if (!before.some((entry) => serverOf(entry, agent, servers) !== undefined)) continue;
    const tools = before.flatMap((entry) => {
      const server = serverOf(entry, agent, servers);
      return server === undefined ? [entry] : standInUses(entry, { agent, server, standIn });
    });
    overlay.patch(agent, { tools }, sentenceOf(before));
  }
  grant(overlay, [...standIns.values()]);
  overlay.leaveOut('McpServer', 'No server answers offline: tools that agents name answer with their arguments.');
}

function serverOf(entry: JsonObject, agent: Emitted, servers: ReadonlyMap<string, Emitted>): Emitted | undefined {
  const { mcpServerRef } = entry;
  return typeof mcpServerRef === 'string' ? servers.get(qualify(mcpServerRef, agent.namespace)) : undefined;
}

function addStandIn(overlay: ScriptedOverlay, { namespace, name, spec, annotations }: Emitted, tool: string): string {
  const standIn = overlay.freeName('Tool', `${name}-${tool}`);
  const { operation, risk } = objectAt(spec, 'defaults');
  overlay.add(
    {
      kind: 'Tool',
      namespace,
      name: standIn,
      annotations,
      spec: {
        type: 'builtin',
        description: `Stands for the tool ${tool} of the MCP server ${name}.`,
        inputSchema: { type: 'object' },
        ...(operation === undefined ? {} : { operation }),
        ...(risk === undefined ? {} : { risk }),
        builtin: { name: 'echo' },
      },
    },
    `Stands for \`${tool}\` of McpServer ${namespace}/${name}, and answers with its arguments.`,
  );
  return standIn;
}

interface Using {
  readonly agent: Emitted;
  readonly server: Emitted;
  readonly standIn: (server: Emitted, tool: string) => StandIn;
}

function standInUses(entry: JsonObject, { agent, server, standIn }: Using): readonly JsonObject[] {
  const { timeout, requireApproval } = entry;
  const names = textsOf(entry['tools']).filter((name) => !isGlob(name));
  return names.map((tool) => {
    const { name } = standIn(server, tool);
    const isAsked = requireApproval === true || textsOf(requireApproval).some((glob) => matchesGlob(glob, tool));
    return {
      toolRef: server.namespace === agent.namespace ? name : `${server.namespace}/${name}`,
      ...(isAsked ? { requireApproval: true } : {}),
      ...(timeout === undefined ? {} : { timeout }),
    };
  });
}

function sentenceOf(entries: readonly JsonObject[]): string {
  const isOpen = entries.some(({ tools }) => textsOf(tools).some(isGlob));
  const open = isOpen ? ' Those that are not named are left out: only the server knows them.' : '';
  return `Tools of MCP servers answer with their arguments.${open}`;
}

function textsOf(value: Json | undefined): readonly string[] {
  return isJsonList(value) ? value.filter((one) => typeof one === 'string') : [];
}

/** A role that grants tools of a server grants what stands for them: who may call what stays as it is. */
function grant(overlay: ScriptedOverlay, standIns: readonly StandIn[]): void {
  for (const role of overlay.ofKind('AgentRole')) {
    const permissions = textsOf(role.spec['permissions']);
    const more = permissions.flatMap((permission) => {
      const [, name, operation] = /^tool:([^:*]+):(.+)$/.exec(permission) ?? [];
      return standIns
        .filter(({ server }) => server.namespace === role.namespace && server.name === name)
        .map((standIn) => `tool:${standIn.name}:${operation}`);
    });
    const added = [...new Set(more)].filter((permission) => !permissions.includes(permission));
    if (added.length === 0) continue;
    overlay.patch(
      role,
      { permissions: [...permissions, ...added] },
      'What stands for tools of MCP servers is granted as they are.',
    );
  }
}
