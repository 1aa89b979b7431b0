import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/manifest/json.ts';
import type { Resource } from '../../src/manifest/resource.ts';
import { coversHost } from '../../src/manifest/egress-host.ts';
import { destinationsOf } from '../../src/plan/destination.ts';
import { reachChanges, shownReach } from '../../src/plan/section-reach.ts';
import { sectionsOf } from '../../src/plan/sections.ts';
import { agent, model, resource, role, server, system, tool } from './fixture.ts';
import { replaced, sidesBetween } from './fixture-sides.ts';

const http = (name: string, host: string, spec: JsonObject = {}) =>
  tool(name, {
    type: 'http',
    operation: ['read'],
    http: { method: 'GET', url: `https://${host}/v1/{{ id }}`, headers: {}, query: {} },
    egress: { hosts: [host], allowPrivate: false },
    ...spec,
  });

const writer = (...tools: string[]) =>
  agent('writer', { tools: tools.map((toolRef) => ({ toolRef })), roles: ['all'] });
const triage = system('triage', { draft: { agentRef: 'writer', edges: [] } });
const base = [
  model('small'),
  role('all', ['tool:*:read']),
  http('search', 'api.example.com'),
  writer('search'),
  triage,
];

const between = (before: readonly Resource[], after: readonly Resource[]) =>
  reachChanges(sidesBetween(before, after), { cells: [] });
const egress = (before: readonly Resource[], after: readonly Resource[]) =>
  between(before, after).egress.map(({ name, fate }) => `${fate} ${name}`);

describe('hosts', () => {
  test('a tool that calls another host is told with who calls it', () => {
    const { egress: found } = between(base, replaced(base, http('search', 'evil.example.net')));
    const common = {
      through: ['Tool/default/search'],
      subjects: ['Agent/default/writer'],
      systems: ['AgentSystem/default/triage'],
    };
    expect(found).toEqual([
      { name: 'api.example.com', fate: 'removed', ...common },
      { name: 'evil.example.net', fate: 'added', ...common },
    ]);
  });

  test('an agent that lists another tool reaches its host, and a tool node does for the system', () => {
    const more = [...base, http('crm', 'crm.example.com')];
    expect(egress(base, more)).toEqual([]);
    expect(egress(more, replaced(more, writer('search', 'crm')))).toEqual(['added crm.example.com']);
    const node = system(
      'triage',
      { draft: { agentRef: 'writer', edges: [] }, ask: { toolRef: 'crm', edges: [] } },
      { spec: { roles: ['all'] } },
    );
    expect(between(more, replaced(more, node)).egress).toMatchObject([
      { name: 'crm.example.com', subjects: ['AgentSystem/default/triage'] },
    ]);
  });

  test('of very many tools that call another host, those count that somebody lists', () => {
    const names = Array.from({ length: 80 }, (_, index) => `tool-${index}`);
    const estate = (host: string) => [
      model('small'),
      role('all', ['tool:*:read']),
      ...names.map((name) => http(name, `${name}.${host}`)),
      writer('tool-3', 'tool-70'),
      triage,
    ];
    expect(egress(estate('example.com'), estate('example.net'))).toEqual([
      'removed tool-3.example.com',
      'added tool-3.example.net',
      'removed tool-70.example.com',
      'added tool-70.example.net',
    ]);
  });

  test('what no role grants is not reached, and what a role newly grants is', () => {
    const without = replaced(base, role('all', ['tool:other:read']));
    expect(egress(without, replaced(without, http('search', 'evil.example.net')))).toEqual([]);
    const cells = [
      {
        subject: 'Agent/default/writer',
        system: 'default/triage',
        target: 'tool',
        name: 'default/search',
        direction: 'widened',
        before: { kind: 'deny', rule: '' },
        after: { kind: 'allow', rule: '' },
        causes: [],
      },
    ] as const;
    const { egress: found } = reachChanges(sidesBetween(without, base), { cells });
    expect(found.map(({ name, fate }) => [name, fate])).toEqual([['api.example.com', 'added']]);
  });

  test('an agent in no system reaches nothing, until a system takes it in', () => {
    const idle = base.slice(0, -1);
    expect(egress(idle, replaced(idle, http('search', 'evil.example.net')))).toEqual([]);
    expect(egress(idle, base)).toContain('added api.example.com');
  });

  test('a host that another tool reached already is not new', () => {
    const two = replaced(base, http('crm', 'api.example.com'), writer('search', 'crm'));
    expect(egress(base, two)).toEqual([]);
    expect(egress(two, replaced(two, http('crm', 'b.example.com')))).toEqual(['added b.example.com']);
  });

  test('a pattern stands for the hosts below it, but not for the host of a URL', () => {
    const wide = http('search', 'api.example.com', { egress: { hosts: ['*.example.com'], allowPrivate: false } });
    expect(egress(base, replaced(base, wide))).toEqual(['added *.example.com']);
    const narrow = http('search', 'api.example.com', {
      egress: { hosts: ['cdn.example.com', 'api.example.com'], allowPrivate: false },
    });
    expect(egress(replaced(base, wide), replaced(base, narrow))).toEqual(['removed *.example.com']);
    const moved = http('search', 'other.example.com', { egress: { hosts: ['*.example.com'], allowPrivate: false } });
    expect(egress(replaced(base, wide), replaced(base, moved))).toEqual([
      'removed api.example.com',
      'added other.example.com',
    ]);
  });

  test.each([
    ['a prompt', writer('search'), agent('writer', { prompt: 'New.', tools: [{ toolRef: 'search' }], roles: ['all'] })],
    [
      'a path',
      http('search', 'api.example.com'),
      http('search', 'api.example.com', {
        http: { method: 'GET', url: 'https://API.example.com/v2', headers: {}, query: {} },
      }),
    ],
    [
      'a port that is the scheme’s',
      http('search', 'api.example.com'),
      http('search', 'api.example.com', {
        http: { method: 'GET', url: 'https://api.example.com:443/', headers: {}, query: {} },
      }),
    ],
    [
      'a description of the system',
      triage,
      system('triage', { draft: { agentRef: 'writer', edges: [] } }, { spec: { description: 'x' } }),
    ],
  ])('%s leads nowhere else', (_what, before, after) => {
    expect(egress(replaced(base, before), replaced(base, after))).toEqual([]);
  });

  test('an endpoint swapped, a server behind a tool and a receiver of alerts lead elsewhere too', () => {
    const swapped = [...base, model('other', { baseUrl: 'http://localhost:8080/v1' })];
    const agentOnOther = agent('writer', { tools: [{ toolRef: 'search' }], roles: ['all'], modelRef: 'other' });
    expect(egress(swapped, replaced(swapped, agentOnOther))).toEqual([
      'added http://localhost:8080',
      'removed models.example',
    ]);
    const viaServer = [
      ...base,
      server('files', { read: 'Reads.' }, { url: 'https://a.example.com' }),
      tool('read', { type: 'mcp', operation: ['read'], mcp: { serverRef: 'files', tool: 'read' } }),
    ];
    const with1 = replaced(viaServer, writer('search', 'read'));
    expect(
      between(with1, replaced(with1, server('files', { read: 'Reads.' }, { url: 'https://b.example.com' }))).egress,
    ).toMatchObject([
      { name: 'a.example.com', through: ['McpServer/default/files'], subjects: ['Agent/default/writer'] },
      { name: 'b.example.com', through: ['McpServer/default/files'], subjects: ['Agent/default/writer'] },
    ]);
    const receiver = (url: string) =>
      resource({
        kind: 'AlertReceiver',
        name: 'hook',
        spec: { type: 'webhook', webhook: { url, allowPrivate: false } },
      });
    expect(between([receiver('https://a.example')], [receiver('https://b.example')]).egress).toMatchObject([
      { name: 'a.example', fate: 'removed', subjects: [] },
      { name: 'b.example', fate: 'added', subjects: [] },
    ]);
  });

  test('through a gateway a model is reached at the gateway', () => {
    const gateway = resource({
      kind: 'Gateway',
      name: 'out',
      spec: { type: 'model', class: 'external', url: 'https://gw.example' },
    });
    const before = [
      ...base.slice(1),
      gateway,
      model('small', { baseUrl: undefined as never, provider: 'openai', gatewayRef: 'out' }),
    ];
    const after = replaced(before, model('small', { baseUrl: undefined as never, provider: 'openai' }));
    expect(egress(before, after)).toEqual(['added api.openai.com', 'removed gw.example']);
  });

  test('a host is shown without credentials, and one with a placeholder or hidden characters as it is written', () => {
    const hosts = (url: string) => [...destinationsOf(model('x', { baseUrl: url })).hosts.keys()];
    expect(hosts('https://user:canary@api.example.com/v1')).toEqual(['api.example.com']);
    expect(hosts('https://{{ region }}.example.com/v1')).toEqual(['{{ region }}.example.com']);
    expect(hosts('https://a\u202eb.{{x}}/')).toEqual(['a\\u{202e}b.{{x}}']);
    expect(hosts('http://Example.COM:80/')).toEqual(['http://example.com']);
  });

  test.each([
    ['*.example.com', 'a.example.com', true],
    ['*.example.com', '*.a.example.com', true],
    ['*.example.com', 'example.com', false],
    ['*.example.com', 'badexample.com', false],
    ['*.example.com', 'http://a.example.com', false],
    ['http://*.example.com', 'http://a.example.com', true],
    ['*.example.com', 'a.example.com:8443', false],
    ['*.example.com:8443', 'a.example.com:8443', true],
  ])('%s covers %s: %s', (pattern, host, expected) => {
    expect(coversHost(pattern, host)).toBe(expected);
  });
});

describe('secrets', () => {
  const keyed = (key: string) =>
    http('search', 'api.example.com', { auth: { profile: 'bearer', secretRef: { name: 'crm', key } } });
  const secret = resource({
    kind: 'Secret',
    name: 'crm',
    spec: { source: 'env', keys: { token: 'CRM_CANARY', admin: 'ADMIN_CANARY' } },
  });

  test('a key that a tool newly reads is told with who reads it through what, and never its value', () => {
    const before = [...base, secret];
    const { secrets } = between(before, replaced(before, keyed('admin')));
    expect(secrets).toEqual([
      {
        name: 'Secret/default/crm#admin',
        fate: 'added',
        through: ['Tool/default/search'],
        subjects: ['Agent/default/writer'],
        systems: ['AgentSystem/default/triage'],
      },
    ]);
    expect(JSON.stringify(between(before, replaced(before, keyed('token'))))).not.toContain('CANARY');
  });

  test('another key is another secret, and where a key is kept is not looked at here', () => {
    const before = replaced([...base, secret], keyed('token'));
    expect(
      between(before, replaced(before, keyed('admin'))).secrets.map(({ name, fate }) => `${fate} ${name}`),
    ).toEqual(['added Secret/default/crm#admin', 'removed Secret/default/crm#token']);
    const moved = resource({
      kind: 'Secret',
      name: 'crm',
      spec: { source: 'file', keys: { token: '/run/a', admin: '/run/b' } },
    });
    expect(between(before, replaced(before, moved)).secrets).toEqual([]);
  });
});

const manyHosts = (count: number) => {
  const tools = Array.from({ length: count }, (_one, at) => http(`t${at}`, `h${String(at).padStart(3, '0')}.example`));
  return [...replaced(base, writer(...tools.map(({ name }) => name))), ...tools];
};

describe('bounds', () => {
  test('a tool of a thousand agents names fifty of them', () => {
    const agents = Array.from({ length: 1_000 }, (_one, at) =>
      agent(`a${at}`, { tools: [{ toolRef: 'search' }], roles: ['all'] }),
    );
    const graph = Object.fromEntries(agents.map(({ name }) => [name, { agentRef: name, edges: [] }]));
    const before = [...base.slice(0, 3), ...agents, system('all', graph)];
    const [found] = between(before, replaced(before, http('search', 'b.example.com'))).egress;
    expect(found?.subjects).toHaveLength(1_000);
    const change = found && shownReach(found);
    expect([change?.subjects.length, change?.moreSubjects, change?.systems]).toEqual([
      50,
      950,
      ['AgentSystem/default/all'],
    ]);
  });

  test('a list of more than two hundred hosts is cut where it is shown, and nowhere else', () => {
    const found = between(base, manyHosts(300)).egress;
    expect(found.filter(({ fate }) => fate === 'added')).toHaveLength(300);
    const shown = sectionsOf(sidesBetween(base, manyHosts(300)), { egress: found, secrets: [] });
    expect([shown.egress.length, shown.more?.egress]).toEqual([200, found.length - 200]);
  });
});
