import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/manifest/json.ts';
import { serverToolName } from '../../src/manifest/server-tools.ts';
import { argumentSchemas } from '../../src/policy/arguments.ts';
import { decide } from '../../src/policy/gate.ts';
import { offeredTools } from '../../src/policy/offer.ts';
import { policy, resource, role, server, tool } from '../plan/fixture.ts';
import { base, compile, permission, subject, writer } from './estate.ts';
import { unused } from './fixture.ts';

const id = (name: string) => `mcp:default/tickets:${name}`;
const tickets = (spec: JsonObject = {}) =>
  server('tickets', { get_issue: 'Gets one.', delete_issue: 'Deletes one.' }, spec);
const use = (tools: readonly string[], more: JsonObject = {}) =>
  writer({ tools: [{ mcpServerRef: 'tickets', tools: [...tools], ...more }] });
const granted = role('support', ['tool:tickets:*']);
const estate = (...more: Parameters<typeof compile>[0]) => [...base.slice(0, 1), granted, use(['get_issue']), ...more];

const verdicts = (...more: Parameters<typeof compile>[0]) => subject(estate(...more)).tools;

describe('what an agent lists of a server', () => {
  test('is offered by name and server, as people looked at it', () => {
    const { content } = compile(estate(tickets()));
    expect(content.engineSchema).toBe(5);
    expect(content.agents['default/writer']?.tools).toEqual({ tickets__get_issue: id('get_issue') });
    expect(content.tools[id('get_issue')]).toMatchObject({
      name: 'tickets__get_issue',
      description: 'Gets one.',
      inputSchema: { type: 'object', properties: { id: { type: 'string' } } },
      operations: ['write'],
      idempotent: false,
      impl: { type: 'mcp', server: 'default/tickets', tool: 'get_issue', digest: expect.stringMatching(/^sha256:/) },
    });
  });

  test('brings the server along, with the pins of what is called and of nothing else', () => {
    const { content } = compile(estate(tickets({ callTimeout: '5s' })));
    expect(content.servers).toEqual({
      'default/tickets': {
        transport: 'http',
        url: 'https://tickets.example.com/mcp',
        allowPrivate: false,
        headers: [],
        startTimeoutMs: 30_000,
        callTimeoutMs: 5_000,
        idleTimeoutMs: 300_000,
        maxRestarts: 3,
        maxResultBytes: 1_048_576,
        pins: { get_issue: expect.stringMatching(/^sha256:/) },
      },
    });
  });

  test.each<[string, JsonObject, JsonObject]>([
    [
      'a program',
      {
        transport: 'stdio',
        command: 'npx',
        args: ['-y', 'tickets@1.4.0'],
        egress: { hosts: ['b.com', 'a.com'], allowPrivate: false },
      },
      {
        command: 'npx',
        args: ['-y', 'tickets@1.4.0'],
        isolation: {
          min: 'process',
          network: { hosts: ['a.com', 'b.com'], allowPrivate: false },
          filesystem: 'scratch',
        },
      },
    ],
    [
      'a program that can do much harm',
      { transport: 'stdio', command: 'tickets', defaults: { operation: 'admin', risk: 'critical' } },
      { command: 'tickets', isolation: { min: 'sandbox', filesystem: 'scratch' } },
    ],
    [
      'an image by its tag',
      {
        transport: 'container',
        image: 'ghcr.io/acme/tickets:1.4',
        pinned: { imageDigest: `sha256:${'c'.repeat(64)}`, tools: {} },
      },
      {
        image: `ghcr.io/acme/tickets@sha256:${'c'.repeat(64)}`,
        isolation: { min: 'container', filesystem: 'scratch' },
      },
    ],
  ])('of %s', (_what, spec, expected) => {
    const { content } = compile(estate(tickets({ url: undefined as never, ...spec })));
    expect(content.servers?.['default/tickets']).toMatchObject(expected);
  });

  test('is called at its address of the gateway, with the gateway’s credential', () => {
    const keys = resource({ kind: 'Secret', name: 'keys', spec: { keys: { token: 'TOKEN' } } });
    const auth = { profile: 'bearer', secretRef: { name: 'keys', key: 'token' } };
    const gateway = resource({
      kind: 'Gateway',
      name: 'eu',
      spec: { type: 'tool', url: 'https://tools.example.com', allowPrivate: true, auth },
    });
    const url = 'https://tools.example.com/tickets/mcp';
    const { content } = compile(estate(keys, gateway, tickets({ url, gatewayRef: 'eu' })));
    expect(content.servers?.['default/tickets']).toMatchObject({
      url,
      allowPrivate: true,
      gateway: { gateway: 'default/eu', url, auth: { secret: { secret: 'default/keys', key: 'token' } } },
    });
    expect(Object.keys(content.secrets)).toEqual(['default/keys']);
  });

  test('names the secrets that it is started with, each with its key alone', () => {
    const keys = resource({ kind: 'Secret', name: 'keys', spec: { keys: { token: 'TOKEN', other: 'OTHER' } } });
    const env = [{ name: 'TOKEN', secretRef: { name: 'keys', key: 'token' }, mountPath: '/run/token' }];
    const { content } = compile(estate(keys, tickets({ transport: 'stdio', command: 'tickets', env })));
    expect(content.servers?.['default/tickets']).toMatchObject({
      env: [{ name: 'TOKEN', secret: { secret: 'default/keys', key: 'token' }, mountPath: '/run/token' }],
    });
    expect(content.secrets).toEqual({ 'default/keys': { source: 'env', keys: { token: 'TOKEN' } } });
  });

  test('is nothing of a glob that no pin told the meaning of', () => {
    const { content } = compile([...base.slice(0, 1), granted, use(['get_*', 'add']), tickets()]);
    expect(Object.values(content.agents['default/writer']?.tools ?? {})).toEqual([id('add')]);
  });

  test('must be called by the name that the model is offered', () => {
    const agent = writer({
      tools: [{ mcpServerRef: 'tickets', tools: ['get_issue'], timeout: '2s' }],
      execution: { onDeny: 'inform', maxDenials: 3, requiredTools: ['get_issue'] },
    });
    const { content } = compile([...base.slice(0, 1), granted, agent, tickets()]);
    expect(content.agents['default/writer']).toMatchObject({
      execution: { requiredTools: ['tickets__get_issue'] },
      toolTimeoutsMs: { tickets__get_issue: 2_000 },
    });
  });
});

test.each([
  ['default/tickets', 'get_issue', 'tickets__get_issue'],
  ['default/tickets', 'issues/get', /^tickets__issues_get_[0-9a-f]{8}$/],
  ['default/tickets', 'issues.get', /^tickets__issues_get_[0-9a-f]{8}$/],
  ['default/tickets', 'a'.repeat(128), /^tickets__a{46}_[0-9a-f]{8}$/],
  [`default/${'s'.repeat(63)}`, 'get', /^s{55}_[0-9a-f]{8}$/],
])('a model calls %s %s by %s', (server, name, expected) => {
  const offered = serverToolName({ server, tool: name });
  expect(offered).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
  expect(offered).toMatch(expected);
});

test('names that are made to fit stay apart', () => {
  const names = ['a/b', 'a.b', 'a_b'].map((tool) => serverToolName({ server: 'default/s', tool }));
  expect(new Set(names).size).toBe(3);
});

describe('what a server’s tools need to be called', () => {
  test('is a role’s word for the server and the operation that its owner declared', () => {
    expect(verdicts(tickets())[id('get_issue')]).toEqual({ kind: 'allow', rule: 'AgentRole/default/support' });
    const readers = role('support', ['tool:tickets:read']);
    expect(subject([...base.slice(0, 1), readers, use(['get_issue']), tickets()]).tools[id('get_issue')]).toEqual({
      kind: 'deny',
      reason: 'policy.not_granted',
      rule: 'Agent/default/writer',
      missing: ['tool:default/tickets:write'],
    });
  });

  test('is never lowered by what the server says of itself', () => {
    const definition = {
      description: 'Deletes.',
      inputSchema: { type: 'object' },
      annotations: { readOnlyHint: true },
    };
    const pinned = { tools: { get_issue: { digest: `sha256:${'a'.repeat(64)}`, definition } } };
    const { content } = compile(estate(tickets({ pinned })));
    expect(content.tools[id('get_issue')]?.operations).toEqual(['write']);
  });

  test.each<[string, JsonObject, string]>([
    ['a list that denies the server', { tools: { deny: ['mcp:tickets'] } }, 'deny'],
    ['a list that denies the one tool', { tools: { deny: ['mcp:tickets:get_issue'] } }, 'deny'],
    ['a list that denies another tool', { tools: { deny: ['mcp:tickets:delete_issue'] } }, 'allow'],
    ['a list that denies a Tool of the server’s name', { tools: { deny: ['tickets'] } }, 'allow'],
    ['a list that allows something else', { tools: { allow: ['search'] } }, 'deny'],
    ['a list that allows the server', { tools: { allow: ['mcp:tickets'] } }, 'allow'],
    ['a list that allows the tool', { tools: { allow: ['mcp:tickets:get_issue'] } }, 'allow'],
    ['a denied operation', { operations: { deny: ['write'] } }, 'deny'],
    ['an operation that people look at', { operations: { ask: ['write'] } }, 'ask'],
  ])('is taken away by %s', (_what, spec, kind) => {
    expect(verdicts(tickets(), policy('p', { global: true, ...spec }))[id('get_issue')]?.kind).toBe(kind);
  });

  test.each<[string, JsonObject['requireApproval'], string]>([
    ['true', true, 'ask'],
    ['a list with it', ['get_*'], 'ask'],
    ['a list without it', ['delete_*'], 'allow'],
  ])('is somebody’s approval where the entry says %s', (_what, requireApproval, kind) => {
    const resources = [...base.slice(0, 1), granted, use(['get_issue'], { requireApproval }), tickets()];
    expect(subject(resources).tools[id('get_issue')]?.kind).toBe(kind);
  });

  test('is somebody’s approval of a server elsewhere whose calls can do much harm', () => {
    const risky = tickets({ defaults: { operation: 'write', risk: 'high' } });
    expect(verdicts(risky)[id('get_issue')]).toMatchObject({ kind: 'deny', reason: 'isolation.unavailable' });
  });
});

describe('a tool that nobody has looked at', () => {
  const wanted = use(['new_tool']);
  const resources = [...base.slice(0, 1), granted, wanted, tickets({ pin: 'onDeclare' })];
  const call = { kind: 'tool', subject: 'Agent/default/writer', name: 'tickets__new_tool', arguments: '{}' } as const;

  test('is not offered, and a call of it is refused before anything else is said', () => {
    const { content, authority } = compile(resources);
    const row = authority.subjects['Agent/default/writer'];
    const agent = content.agents['default/writer'];
    if (row === undefined || agent === undefined) throw new TypeError('no agent');
    expect(row.tools[id('new_tool')]).toEqual({
      kind: 'deny',
      reason: 'tool.pin_missing',
      rule: 'McpServer/default/tickets',
    });
    expect(offeredTools(agent, { pinned: row, live: row })).toEqual([]);
    const clock = { lost: false, cancelled: false, overdue: false };
    const schemas = argumentSchemas(content);
    expect(decide(call, { clock, bundle: content, schemas, pinned: row, live: row, usage: unused })).toMatchObject({
      kind: 'deny',
      reason: 'tool.pin_missing',
    });
  });

  test('of a server that is another than the pinned one is refused for that', () => {
    const moved = tickets({ pin: 'onDeclare', pinned: { stale: 'url' } });
    expect(verdicts(moved)[id('get_issue')]).toMatchObject({ reason: 'mcp.identity_mismatch' });
  });
});

test('a definition that live has changed is neither offered nor called by runs that keep the old one', () => {
  const before = compile(estate(tickets()));
  const after = compile(estate(server('tickets', { get_issue: 'Gets one and mails it.' })));
  const [pinned, live] = [before, after].map(({ authority }) => authority.subjects['Agent/default/writer']);
  const agent = before.content.agents['default/writer'];
  if (pinned === undefined || live === undefined || agent === undefined) throw new TypeError('no agent');
  expect(offeredTools(agent, { pinned, live })).toEqual([]);
  expect(offeredTools(agent, { pinned, live: pinned })).toEqual(['tickets__get_issue']);
});

describe('a Tool that stands for a server’s', () => {
  const finder = tool('find-issue', {
    type: 'mcp',
    description: 'Finds an issue.',
    operation: ['read'],
    inputSchema: undefined as never,
    mcp: { serverRef: 'tickets', tool: 'get_issue' },
  });
  const finding = [
    ...base.slice(0, 1),
    role('support', ['tool:find-issue:read']),
    writer({ tools: [{ toolRef: 'find-issue' }] }),
    finder,
  ];

  test('has its author’s description, operation and grant, and the pin’s schema', () => {
    const { content, authority } = compile([...finding, tickets()]);
    expect(content.tools['default/find-issue']).toMatchObject({
      name: 'find-issue',
      description: 'Finds an issue.',
      operations: ['read'],
      inputSchema: { properties: { id: { type: 'string' } } },
      impl: { type: 'mcp', server: 'default/tickets', tool: 'get_issue' },
    });
    expect(authority.subjects['Agent/default/writer']).toMatchObject({
      tools: { 'default/find-issue': { kind: 'allow' } },
      pins: { 'default/find-issue': expect.stringMatching(/^sha256:/) },
    });
  });

  test('is no way round a rule that denies the tool of the server', () => {
    const denying = policy('p', { global: true, tools: { deny: ['mcp:tickets:get_issue'] } });
    expect(subject([...finding, tickets(), denying]).tools['default/find-issue']?.kind).toBe('deny');
  });

  test('can be asked about like any other', () => {
    const asking = permission('p', {
      toolRef: 'find-issue',
      global: true,
      required: [],
      rules: [{ operation: 'read', verdict: 'ask' }],
    });
    expect(subject([...finding, tickets(), asking]).tools['default/find-issue']?.kind).toBe('ask');
  });
});
