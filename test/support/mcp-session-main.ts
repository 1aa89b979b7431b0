import { dirname } from 'node:path';
import { bundleSecrets } from '../../src/tools/secrets.ts';
import { McpSessions } from '../../src/tools/mcp/sessions.ts';

// Opens a session of the server whose script is its first argument, says so, and lives on.
const [, , script = '', marker = ''] = process.argv;
const host = { path: [dirname(process.execPath)], readable: [dirname(script)] };
const sessions = new McpSessions({
  log: { warn: () => undefined },
  isolation: () => Promise.resolve({ tiers: ['sandbox'], host }),
});
const secrets = bundleSecrets({}, () => Promise.reject(new Error('there is none')));
await secrets.load();
const wanted = {
  environment: 'production',
  name: 'default/server',
  server: {
    transport: 'stdio',
    command: process.execPath,
    args: [script, 'none', marker],
    env: [],
    isolation: { min: 'sandbox', filesystem: 'scratch' },
    startTimeoutMs: 30_000,
    callTimeoutMs: 30_000,
    idleTimeoutMs: 600_000,
    maxRestarts: 0,
    maxResultBytes: 65_536,
    pins: {},
  },
  terms: { secrets, signal: new AbortController().signal },
} as const;
await sessions.use(wanted, () => {
  process.stdout.write('open\n');
  return new Promise<void>(() => undefined);
});
