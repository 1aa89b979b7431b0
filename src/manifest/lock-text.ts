import { stringify } from 'yaml';
import { isJsonList, isJsonObject, type Json, type JsonObject, own } from './json.ts';
import { type PinnedServer, type PinnedTool, toolDigest, toolsDigest } from './lock.ts';
import { identityOf } from './lock-identity.ts';
import { compareText } from './problem.ts';
import type { Lock as LockFile } from './types.gen.ts';

/** What was asked of a server, and when. */
export interface Offer {
  /** `namespace/name` of the McpServer. */
  readonly server: string;
  /** Its `spec`, as resolved. */
  readonly spec: JsonObject;
  /** What the image's tag stood for. */
  readonly imageDigest?: string;
  readonly tools: Readonly<Record<string, PinnedTool['definition']>>;
  readonly now: Date;
  readonly version: string;
}

/** The lock file with one server pinned to what it offers; an offer that is pinned already changes nothing. */
export function pinServer(lock: LockFile | undefined, offer: Offer): LockFile {
  const { server, spec, imageDigest, now, version } = offer;
  const definitions = Object.entries(offer.tools).sort(([a], [b]) => compareText(a, b));
  const tools = Object.fromEntries(
    definitions.map(([name, definition]) => [name, { digest: toolDigest(name, definition), definition }]),
  );
  const identity = { ...identityOf(spec), ...(imageDigest === undefined ? {} : { imageDigest }) };
  const entry: PinnedServer = {
    identity,
    toolsDigest: toolsDigest(tools),
    pinnedAt: `${now.toISOString().slice(0, 19)}Z`,
    pinnedWith: version,
    tools,
  };
  const servers = lock?.servers ?? {};
  const before = own(servers, server);
  if (before !== undefined && isSame(before, entry)) return lock ?? { apiVersion: 'pawl/v1', servers };
  return { apiVersion: 'pawl/v1', servers: { ...servers, [server]: entry } };
}

function isSame(before: PinnedServer, after: PinnedServer): boolean {
  const { pinnedAt: _at, pinnedWith: _with, ...content } = after;
  const { pinnedAt: _before, pinnedWith: _version, ...known } = before;
  return JSON.stringify(sorted(content as unknown as Json)) === JSON.stringify(sorted(known as unknown as Json));
}

/** The text of a lock file: the same bytes for the same content, whatever order it was put together in. */
export function lockText({ apiVersion, servers }: LockFile): string {
  const addresses = Object.keys(servers).sort(compareText);
  const ordered = addresses.map((address) => [address, serverFields(servers[address])] as const);
  const body = { apiVersion, servers: Object.fromEntries(ordered) };
  return heading + stringify(body, { version: '1.2', schema: 'core', lineWidth: 0, aliasDuplicateObjects: false });
}

const heading =
  '# The tools of MCP servers as they were when people looked at them. What a model is told is this text.\n';

function serverFields(server: PinnedServer | undefined): Json {
  if (server === undefined) return {};
  const { identity, tools, ...about } = server;
  const fields = Object.keys(tools).sort(compareText);
  return inOrder(
    {
      ...about,
      identity: inOrder(identity as unknown as JsonObject, identityFields),
      tools: Object.fromEntries(fields.map((name) => [name, toolFields(tools[name])])),
    } as unknown as JsonObject,
    ['identity', 'toolsDigest', 'pinnedAt', 'pinnedWith', 'tools'],
  );
}

const identityFields = ['transport', 'command', 'args', 'env', 'url', 'headers', 'image', 'imageDigest'];

function toolFields(tool: PinnedTool | undefined): Json {
  if (tool === undefined) return {};
  const definition = sorted(tool.definition as unknown as Json);
  const fields = ['title', 'description', 'inputSchema', 'outputSchema', 'annotations'];
  return { digest: tool.digest, definition: isJsonObject(definition) ? inOrder(definition, fields) : {} };
}

function inOrder(value: JsonObject, fields: readonly string[]): JsonObject {
  return Object.fromEntries(fields.flatMap((field) => (value[field] === undefined ? [] : [[field, value[field]]])));
}

function sorted(value: Json): Json {
  if (isJsonList(value)) return value.map(sorted);
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => compareText(a, b));
  return Object.fromEntries(entries.map(([key, member]) => [key, sorted(member)]));
}
