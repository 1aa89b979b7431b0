import type { Bundle, BundleAgent, BundleTool } from '../manifest/bundle.ts';
import type { BundleGateway } from '../manifest/bundle-guard.ts';
import type { SecretUse } from '../manifest/bundle-secret.ts';
import type { BundleIsolation, BundleServer, BundleVariable } from '../manifest/bundle-world.ts';
import type { JsonObject } from '../manifest/json.ts';
import { compareText } from '../manifest/problem.ts';
import { qualify } from '../manifest/reference.ts';
import type { Resource } from '../manifest/resource.ts';
import type { SecretRef } from '../manifest/types.gen.ts';
import { parseServerToolId, serverToolName } from '../manifest/server-tools.ts';
import { authOf } from './compile-auth.ts';
import { durationMs } from './duration-ms.ts';
import type { View } from './estate.ts';
import { inputSchemaOf, notRunnable } from './runnable.ts';
import { serverPin } from './server-pin.ts';
import { pathOf, type SpecOf, specOf } from './typed.ts';

type McpTool = Extract<BundleTool['impl'], { readonly type: 'mcp' }>;

/** The tool of an MCP server behind an id, as people looked at it; undefined: the id is of something else. */
export function serverToolOf(id: string, view: View): BundleTool | undefined {
  const parsed = parseServerToolId(id);
  if (parsed === undefined) return undefined;
  const server = view.resource('McpServer', parsed.server);
  const { callTimeout, maxResultBytes, defaults } = specOf(server, 'McpServer');
  const pinned = serverPin(server).tools.get(parsed.tool);
  const { description, inputSchema, outputSchema } = pinned?.definition ?? unknown;
  return {
    name: serverToolName(parsed),
    description: description ?? '',
    inputSchema: inputSchema as JsonObject,
    ...(outputSchema === undefined ? {} : { outputSchema: outputSchema as JsonObject }),
    // What the server says of its own tool's effects is a claim.
    operations: [defaults.operation],
    ...(defaults.risk === 'medium' ? {} : { risk: defaults.risk }),
    idempotent: false,
    timeoutMs: durationMs(callTimeout),
    maxResultBytes,
    costPerCall: 0,
    impl: { type: 'mcp', ...parsed, ...(pinned === undefined ? {} : { digest: pinned.digest }) },
  };
}

/** Of a tool without a pin: the gate refuses every call of it, whatever its arguments are. */
const unknown: { readonly description?: string; readonly inputSchema: JsonObject; readonly outputSchema?: JsonObject } =
  { inputSchema: { type: 'object' } };

/** The tool of a server that a Tool of type `mcp` stands for. */
export function mcpOf(tool: Resource, view: View): McpTool {
  const { server, name } = wrappedBy(tool);
  const pinned = serverPin(view.resource('McpServer', server)).tools.get(name);
  return { type: 'mcp', server, tool: name, ...(pinned === undefined ? {} : { digest: pinned.digest }) };
}

/** The arguments that it takes: as its author says, else as the pin does. */
export function mcpSchemaOf(tool: Resource, view: View): JsonObject {
  if (specOf(tool, 'Tool').inputSchema !== undefined) return inputSchemaOf(tool);
  const { server, name } = wrappedBy(tool);
  const pinned = serverPin(view.resource('McpServer', server)).tools.get(name);
  return (pinned?.definition ?? unknown).inputSchema as JsonObject;
}

function wrappedBy(tool: Resource): { readonly server: string; readonly name: string } {
  const { mcp } = specOf(tool, 'Tool');
  if (mcp === undefined) throw notRunnable(tool, 'is of type mcp and names no server');
  return { server: qualify(mcp.serverRef, tool.namespace), name: mcp.tool };
}

/** The servers behind some tools, by `namespace/name`, each with the pins of those tools alone. */
export function serversOf(tools: readonly BundleTool[], view: View): NonNullable<Bundle['servers']> {
  const used = new Map<string, Map<string, string>>();
  for (const { impl } of tools) {
    if (impl.type !== 'mcp') continue;
    const pins = used.get(impl.server) ?? new Map<string, string>();
    used.set(impl.server, pins);
    if (impl.digest !== undefined) pins.set(impl.tool, impl.digest);
  }
  return sortedRecord(
    Array.from(used, ([path, pins]) => [path, serverOf(view.resource('McpServer', path), pins, view)] as const),
  );
}

/** One server as a worker reaches it. `pins`: by the names of the tools that are called. */
export function serverOf(server: Resource, pins: ReadonlyMap<string, string>, view: View): BundleServer {
  const spec = specOf(server, 'McpServer');
  const common = {
    startTimeoutMs: durationMs(spec.startTimeout),
    callTimeoutMs: durationMs(spec.callTimeout),
    idleTimeoutMs: durationMs(spec.idleTimeout),
    maxRestarts: spec.maxRestarts,
    maxResultBytes: spec.maxResultBytes,
    pins: sortedRecord([...pins]),
  };
  switch (spec.transport) {
    case 'http':
      return { ...common, ...remoteOf(server, spec, view) };
    case 'stdio':
      return { ...common, ...programOf(server, spec) };
    case 'container':
      return { ...common, ...imageOf(server, spec) };
  }
}

type Remote = Omit<Extract<BundleServer, { readonly transport: 'http' }>, keyof Common>;
type Program = Omit<Extract<BundleServer, { readonly transport: 'stdio' }>, keyof Common>;
type Image = Omit<Extract<BundleServer, { readonly transport: 'container' }>, keyof Common>;
type Common = Pick<
  BundleServer,
  'startTimeoutMs' | 'callTimeoutMs' | 'idleTimeoutMs' | 'maxRestarts' | 'maxResultBytes' | 'pins'
>;

function remoteOf(server: Resource, spec: SpecOf<'McpServer'>, view: View): Remote {
  const { url = '', allowPrivate, headersFrom, auth, gatewayRef } = spec;
  const gateway = gatewayRef && view.resource('Gateway', qualify(gatewayRef, server.namespace));
  const headers = headersFrom.map((one) => variableOf(server, one));
  return {
    transport: 'http',
    url,
    allowPrivate: gateway ? specOf(gateway, 'Gateway').allowPrivate : allowPrivate,
    headers: headers.sort(byName),
    ...authOf(server, auth),
    ...(gateway ? { gateway: gatewayOf(gateway, url) } : {}),
  };
}

/** The address of the server behind it is one of the gateway's own, which validation holds. */
function gatewayOf(gateway: Resource, address: string): BundleGateway {
  const { type, url, auth } = specOf(gateway, 'Gateway');
  if (type !== 'tool' || url === undefined) throw notRunnable(gateway, 'is no gateway for tools');
  return { gateway: pathOf(gateway), url: address, ...authOf(gateway, auth) };
}

function programOf(server: Resource, spec: SpecOf<'McpServer'>): Program {
  const { command = '', args, env } = spec;
  const variables = env.map((one) => variableOf(server, one)).sort(byName);
  return { transport: 'stdio', command, args, env: variables, isolation: isolationOf(spec, 'process', 'sandbox') };
}

function imageOf(server: Resource, spec: SpecOf<'McpServer'>): Image {
  const { image = '', command, args, env } = spec;
  const digest = serverPin(server).imageDigest;
  const named = image.replace(/@sha256:[0-9a-f]{64}$/, '');
  return {
    transport: 'container',
    // A manifest that names a digest is what was reviewed; the lock file speaks of tags.
    image: digest === undefined || named !== image ? image : `${withoutTag(named)}@${digest}`,
    ...(command === undefined ? {} : { command }),
    args,
    env: env.map((one) => variableOf(server, one)).sort(byName),
    isolation: isolationOf(spec, 'container', 'container'),
  };
}

/** A digest says what a tag does, and an image is named by one of them. */
function withoutTag(image: string): string {
  return image.replace(/:[^:/]+$/, '');
}

/** Where a call may do much harm, the strongest tier that there is for a program. */
function isolationOf(
  { defaults, egress }: SpecOf<'McpServer'>,
  weakest: BundleIsolation['min'],
  strongest: BundleIsolation['min'],
): BundleIsolation {
  const isRisky = defaults.risk === 'high' || defaults.risk === 'critical';
  const own = defaults.isolation === 'inline' ? undefined : defaults.isolation;
  const hosts = [...(egress?.hosts ?? [])].sort(compareText);
  return {
    min: own ?? (isRisky ? strongest : weakest),
    ...(egress === undefined || hosts.length === 0 ? {} : { network: { hosts, allowPrivate: egress.allowPrivate } }),
    // Programs keep caches and sockets somewhere: a place of their own that is gone with them.
    filesystem: 'scratch',
  };
}

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly secretRef?: SecretRef;
  readonly mountPath?: string;
}

function variableOf({ namespace }: Resource, { name, value = '', secretRef, mountPath }: Variable): BundleVariable {
  if (secretRef === undefined) return { name, value };
  const secret = { secret: qualify(secretRef.name, namespace), key: secretRef.key };
  return { name, secret, ...(mountPath === undefined ? {} : { mountPath }) };
}

/** The secrets that servers are reached or started with. */
export function serverSecrets(servers: Readonly<Record<string, BundleServer>>): readonly SecretUse[] {
  return Object.values(servers).flatMap((server) => {
    const variables = server.transport === 'http' ? server.headers : server.env;
    const own = variables.flatMap((variable) => ('secret' in variable ? [variable.secret] : []));
    if (server.transport !== 'http') return own;
    return [
      ...own,
      ...[server.auth, server.gateway?.auth].flatMap((auth) => (auth === undefined ? [] : [auth.secret])),
    ];
  });
}

/** What an agent must have called, by the names that its model is offered: its author writes the server's own. */
export function requiredNames(required: readonly string[], tools: BundleAgent['tools']): readonly string[] {
  const offered = new Map<string, string[]>();
  for (const [name, id] of Object.entries(tools)) {
    const tool = parseServerToolId(id)?.tool;
    if (tool !== undefined) offered.set(tool, [...(offered.get(tool) ?? []), name]);
  }
  return required.flatMap((name) => (Object.hasOwn(tools, name) ? [name] : (offered.get(name) ?? [name])));
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return compareText(a.name, b.name);
}

function sortedRecord<T>(entries: readonly (readonly [string, T])[]): Record<string, T> {
  return Object.fromEntries([...entries].sort(([a], [b]) => compareText(a, b)));
}
