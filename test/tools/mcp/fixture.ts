import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { BundleTool } from '../../../src/manifest/bundle.ts';
import type { BundleServer } from '../../../src/manifest/bundle-world.ts';
import type { Json, JsonObject } from '../../../src/manifest/json.ts';
import { callTool } from '../../../src/tools/call.ts';
import type { Isolation } from '../../../src/tools/isolation/isolated.ts';
import { McpSessions, type SessionsOptions } from '../../../src/tools/mcp/sessions.ts';
import type { Listing } from '../../../src/tools/mcp/listing.ts';
import { listTools } from '../../../src/tools/mcp-list.ts';
import type { ToolCallOptions } from '../../../src/tools/options.ts';
import type { ToolOutcome } from '../../../src/tools/tool.ts';
import { requireBubblewrap } from '../../support/bubblewrap.ts';
import { canary, canarySecrets, optionsWith } from '../fixture.ts';

requireBubblewrap();

export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** What a worker shows to programs: node, and the folders that the servers of these tests lie in. */
export const isolation: Isolation = {
  tiers: ['sandbox'],
  host: {
    path: [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'],
    readable: [dirname(dirname(process.execPath)), join(root, 'test/support'), join(root, 'node_modules')],
  },
};

type Local = Extract<BundleServer, { transport: 'stdio' }>;
type Remote = Extract<BundleServer, { transport: 'http' }>;

const limits = {
  startTimeoutMs: 30_000,
  callTimeoutMs: 30_000,
  idleTimeoutMs: 60_000,
  maxRestarts: 3,
  maxResultBytes: 65_536,
  pins: {},
};

/** A server that a worker starts as `node <args>`. */
export function localServer(args: readonly string[], change: Partial<Local> = {}): Local {
  return {
    ...limits,
    transport: 'stdio',
    command: process.execPath,
    args,
    env: [],
    isolation: { min: 'sandbox', filesystem: 'scratch' },
    ...change,
  };
}

export function remoteServer(url: string, change: Partial<Remote> = {}): Remote {
  return { ...limits, transport: 'http', url, allowPrivate: true, headers: [], ...change };
}

/** One server, as the tools of one run reach it. */
export interface McpWorld {
  readonly sessions: McpSessions;
  /** What was logged, as one text. */
  logged(): string;
  list(): Promise<Listing>;
  call(tool: string, args?: JsonObject, change?: CallChange): Promise<ToolOutcome>;
}

export interface CallChange {
  readonly tool?: Partial<BundleTool>;
  readonly options?: Partial<ToolCallOptions>;
  /** Absent: what the server listed when it was first asked. */
  readonly digest?: string;
}

export interface WorldChange {
  readonly pinned?: Promise<Listing> | undefined;
  /** The value of the one secret that there is. */
  readonly secret?: string;
}

/**
 * Calls go through the same door as a run's. Whatever is open is closed with the test. `pinned`: absent, the server is
 * asked for it when a tool is called first.
 */
export function mcpWorld(
  server: BundleServer,
  { pinned, secret = canary, ...change }: Partial<SessionsOptions> & WorldChange = {},
): McpWorld {
  const lines: string[] = [];
  const place: SessionsOptions = {
    log: { warn: (...said: unknown[]) => void lines.push(JSON.stringify(said)) },
    isolation: () => Promise.resolve(isolation),
    ...change,
  };
  const sessions = new McpSessions(place);
  onTestFinished(() => sessions.close());
  const secrets = canarySecrets(secret);
  let listing = pinned;
  const list = () => listTools('default/server', server, { ...place, secrets, signal: new AbortController().signal });
  return {
    sessions,
    logged: () => lines.join('\n'),
    list,
    call: async (name, args = {}, { tool = {}, options = {}, digest } = {}) => {
      const found = digest === undefined ? (await (listing ??= list())).tools.get(name) : undefined;
      const { outputSchema } = found?.definition ?? {};
      const used: BundleTool = {
        name,
        description: '',
        inputSchema: {},
        operations: ['write'],
        idempotent: false,
        timeoutMs: 20_000,
        maxResultBytes: 65_536,
        costPerCall: 0,
        ...(outputSchema === undefined ? {} : { outputSchema: outputSchema as JsonObject }),
        ...tool,
        impl: { type: 'mcp', server: 'default/server', tool: name, digest: digest ?? found?.digest ?? 'sha256:none' },
      };
      const mcp = { environment: 'production', servers: { 'default/server': server }, sessions };
      return await callTool(used, args as Json, optionsWith({ secrets, mcp, ...options }));
    },
  };
}
