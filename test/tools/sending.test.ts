import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { BundleTool } from '../../src/manifest/bundle.ts';
import { callModel } from '../../src/models/call.ts';
import { Halted } from '../../src/run/halt.ts';
import { callTool } from '../../src/tools/call.ts';
import { startIsolated } from '../../src/tools/isolation/start-isolated.ts';
import { requireBubblewrap } from '../support/bubblewrap.ts';
import { busyboxImage } from '../support/podman.ts';
import { asking, endpoint as modelAt, optionsWith as modelOptions, serverWith } from '../models/fixture.ts';
import { agent, call as callAgent, keeping, toolAt } from './a2a/fixture.ts';
import { httpTool, optionsWith, serve } from './fixture.ts';
import { answering, endpoint, text } from './mcp/endpoint.ts';
import { isolation, mcpWorld, remoteServer } from './mcp/fixture.ts';

// A worker whose lease ran out between the gate and here: what it would send now another worker may have sent already.

/** Says yes until it is asked for this time. */
function mayStartUntil(turn: number): { readonly mayStart: () => boolean; readonly asked: () => number } {
  let asked = 0;
  return { mayStart: () => (asked += 1) < turn, asked: () => asked };
}

const words = /nothing was sent: the lease of the worker was not renewed in time/;
const givenUp = { kind: 'failed', code: 'tool.aborted', message: expect.stringMatching(words) };

describe('nothing is sent once the lease is too old', () => {
  test('by an http tool, though it may not be repeated: what was not sent is not unknown', async () => {
    let requests = 0;
    const server = await serve((_request, response) => {
      requests += 1;
      response.end();
    });
    const { mayStart, asked } = mayStartUntil(1);
    const tool = httpTool({ url: server.url, method: 'POST' }, { operations: ['write'] });
    expect(await callTool(tool, {}, optionsWith({ mayStart }))).toMatchObject(givenUp);
    expect({ requests, asked: asked() }).toEqual({ requests: 0, asked: 1 });
  });

  test('to where an http tool is redirected; then what the first request did is unknown', async () => {
    let requests = 0;
    const server = await serve((request, response) => {
      requests += 1;
      if (request.url === '/') response.writeHead(307, { location: '/further' });
      response.end();
    });
    const { mayStart } = mayStartUntil(2);
    const tool = httpTool({ url: server.url, method: 'POST' }, { operations: ['write'] });
    const unknown = { ...givenUp, kind: 'unknown' };
    expect(await callTool(tool, {}, optionsWith({ mayStart }))).toMatchObject(unknown);
    expect(requests).toBe(1);
  });

  test('to a model', async () => {
    const server = await serverWith([{ text: 'Hello.' }]);
    const { mayStart } = mayStartUntil(1);
    await expect(callModel(modelAt(server.url), asking(), modelOptions({ mayStart }))).rejects.toMatchObject({
      code: 'model.aborted',
    });
    expect(server.calls).toEqual([]);
  });

  test('to an MCP server: neither when it is asked, nor when its connection stands', async () => {
    const { mcp, seen } = await endpoint(({ message }, response) => void answering(response, message.id, text('x')));
    const world = mcpWorld(remoteServer(mcp));
    await world.list();
    for (const turn of [1, 2]) {
      const { mayStart, asked } = mayStartUntil(turn);
      const tool = { operations: ['write'] } as const;
      expect(await world.call('ask', {}, { tool, options: { mayStart } })).toMatchObject(givenUp);
      expect(asked()).toBe(turn);
    }
    await world.sessions.close();
    expect(seen.map(({ message }) => message?.method)).not.toContain('tools/call');
  });

  test('to where an MCP server redirects a call; what the first request did is unknown then', async () => {
    const { mcp, seen } = await endpoint(
      ({ message }, response) => void answering(response, message.id, text('x')),
      ({ request, message }, response) => {
        const isFirst = message.method === 'tools/call' && request.url === '/mcp';
        if (isFirst) response.writeHead(307, { location: '/mcp/further' }).end();
        return isFirst;
      },
    );
    const world = mcpWorld(remoteServer(mcp));
    await world.list();
    const tool = { operations: ['write'] } as const;
    expect(await world.call('ask', {}, { tool })).toEqual({ kind: 'done', output: 'x' });
    // By the session, and by each of the two requests.
    const { mayStart, asked } = mayStartUntil(3);
    const unknown = { ...givenUp, kind: 'unknown' };
    expect(await world.call('ask', {}, { tool, options: { mayStart } })).toMatchObject(unknown);
    expect(asked()).toBe(3);
    const calls = seen.filter(({ message }) => message.method === 'tools/call');
    expect(calls.map(({ request }) => request.url)).toEqual(['/mcp', '/mcp/further', '/mcp']);
  });

  test('to an agent elsewhere', async () => {
    const { url, seen } = await agent(() => ({ message: [{ text: 'Hello.' }] }));
    const { mayStart } = mayStartUntil(1);
    expect(await callAgent(toolAt(url), { task: keeping(), mayStart })).toMatchObject(givenUp);
    expect(seen).toEqual([]);
  });
});

const notStarted = {
  kind: 'failed',
  code: 'tool.aborted',
  message: 'The program was not started: the lease of the worker was not renewed in time.',
  retryable: true,
};

describe('no program is started once the lease is too old', () => {
  beforeAll(requireBubblewrap);

  const program: BundleTool = {
    ...httpTool({ url: 'http://unused.test' }),
    operations: ['write'],
    impl: {
      type: 'cli',
      command: 'true',
      args: [],
      env: [],
      isolation: { min: 'sandbox', filesystem: 'scratch' },
    },
  };

  test('in the sandbox', async () => {
    const { mayStart, asked } = mayStartUntil(1);
    expect(await callTool(program, {}, optionsWith({ isolation, mayStart }))).toEqual(notStarted);
    expect(asked()).toBe(1);
  });

  test('nor, under a lease that is fresh, once its call was given up while it was prepared', async () => {
    const signal = AbortSignal.abort(new Halted('cancelled'));
    const { mayStart, asked } = mayStartUntil(2);
    const common = { argv: ['true'], env: {} } as const;
    const container = { image: busyboxImage(), ownEntryPoint: false };
    for (const command of [
      { ...common, tier: 'sandbox', isolation: { min: 'sandbox', filesystem: 'scratch' } },
      { ...common, tier: 'container', isolation: { min: 'container', filesystem: 'readOnly' }, container },
    ] as const)
      await expect(startIsolated(command, { host: isolation.host, mayStart, signal })).rejects.toMatchObject({
        code: 'tool.aborted',
        message: 'The program was not started: the call was given up by its worker.',
      });
    expect(asked()).toBe(0);
  });

  test('in a container, of which everything is there already', async () => {
    const image = busyboxImage();
    const scratch = mkdtempSync(join(tmpdir(), 'pawl-sending-'));
    vi.stubEnv('TMPDIR', scratch);
    onTestFinished(() => {
      vi.unstubAllEnvs();
      rmSync(scratch, { recursive: true });
    });
    const contained: BundleTool = {
      ...program,
      impl: {
        type: 'container',
        image,
        args: ['-c', 'true'],
        env: [{ name: 'PLAIN', value: 'a' }],
        isolation: { min: 'container', filesystem: 'readOnly' },
      },
    };
    const found: string[][] = [];
    // The lease runs out while the last is made that the container needs: the file of its variables.
    const mayStart = () => {
      found.push(readdirSync(tmpdir()));
      return found.at(-1)?.length === 0;
    };
    const place = { tiers: ['container'], host: { path: [], readable: [] } } as const;
    expect(await callTool(contained, {}, optionsWith({ isolation: place, mayStart }))).toEqual(notStarted);
    expect(found).toEqual([[expect.stringMatching(/^pawl-container-/)]]);
    expect(readdirSync(scratch)).toEqual([]);
  });
});
