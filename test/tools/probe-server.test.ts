import { afterAll, beforeAll, expect, test } from 'vitest';
import { probeServer } from '../../src/tools/probe-server.ts';
import { startToolsServer, type ToolsServer } from '../support/tools-server.ts';
import { bodyOf } from '../support/loopback.ts';
import { canarySecrets, serve } from './fixture.ts';
import { remoteServer } from './mcp/fixture.ts';

const canary = 'canary-5e0b7c1d94a2';
let server: ToolsServer;

beforeAll(async () => {
  server = await startToolsServer([]);
});
afterAll(() => server.close());

async function probed({ url = server.url, signal = new AbortController().signal } = {}) {
  const alone = {
    name: 'default/tickets',
    server: remoteServer(`${url}/mcp`),
    secrets: {},
    pin: { tools: new Map(), imageDigest: undefined, stale: undefined },
    egress: [],
    refused: undefined,
  };
  const secrets = canarySecrets(canary);
  await secrets.load();
  return await probeServer(alone, { secrets, signal, log: { warn: () => undefined } });
}

test('what a server says of itself is cut so that a database can hold it', async () => {
  server.introduce(`${'a'.repeat(199)}\u{1f600}`);
  const { offer } = await probed();
  expect(offer?.told.version).toBe('a'.repeat(199));
});

test('why it fails is cut so that a database can hold it', async () => {
  let said = '';
  const refusing = await serve(async (request, response) => {
    const { id } = JSON.parse(await bodyOf(request)) as { id?: number };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32_000, message: said } }));
  });
  for (const start of ['', 'a']) {
    said = `${start}${'\u{1f600}'.repeat(400)}`;
    const { reach } = await probed({ url: refusing.url });
    expect(reach).toMatchObject({ state: 'failing', detail: expect.stringContaining('\u{1f600}') as string });
    expect(reach.detail).not.toMatch(/\p{Surrogate}/u);
  }
});

test('a server that gives a secret back as the name of a tool is refused, and the name is told to nobody', async () => {
  server.introduce('1');
  server.offer([{ name: `tool_${canary}` }]);
  expect(await probed()).toEqual({
    reach: {
      state: 'failing',
      reason: 'tool.server_refused',
      detail: 'The MCP server is refused: the name of one of its tools holds a secret.',
    },
  });
});

test('a look that is given up waits for no server that never greets', { timeout: 10_000 }, async () => {
  const greeted = server.greetings();
  server.introduce(undefined);
  const stop = new AbortController();
  const asked = probed({ signal: stop.signal });
  await expect.poll(() => server.greetings()).toBeGreaterThan(greeted);
  stop.abort();
  expect((await asked).reach.reason).toBe('tool.aborted');
});
