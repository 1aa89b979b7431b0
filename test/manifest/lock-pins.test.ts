import { describe, expect, test } from 'vitest';
import { isJsonObject, type JsonObject } from '../../src/manifest/json.ts';
import { objectAt } from '../../src/manifest/manifest-reference.ts';
import { lockText, pinServer } from '../../src/manifest/lock-text.ts';
import { parseDocuments } from '../../src/manifest/document.ts';
import { resolve } from '../../src/manifest/resolve.ts';
import type { Resolved } from '../../src/manifest/resolved.ts';
import { validate } from '../../src/manifest/validate.ts';
import { agent, definition, lockOf, model, resolved, secret, server, tools } from './pinned-server.ts';

const findings = ({ problems }: Resolved) =>
  problems
    .filter(({ code }) => /^(?:pin|lock)\./.test(code))
    .map(({ code, severity, file, line, column }) => `${severity} ${code} ${file}:${line}:${column}`);

const errors = ({ problems }: Resolved) => problems.filter(({ severity }) => severity === 'error');

describe('a server whose tools are pinned', () => {
  test('holds the pinned definitions, and when they were pinned is no part of it', () => {
    const taken = resolved();
    expect(findings(taken)).toEqual([]);
    expect(errors(taken)).toEqual([]);
    const pinned = taken.resources.get('McpServer/default/tickets')?.manifest['spec'] as { pinned: JsonObject };
    expect(Object.keys(pinned.pinned)).toEqual(['toolsDigest', 'tools']);
    expect(JSON.stringify(pinned)).toContain('Gets one.');
    const later = resolved({ lock: lockOf(server).replace('2026-08-01', '2027-01-01').replace('0.1.0', '0.2.0') });
    expect(later.resources.get('McpServer/default/tickets')?.digest).toBe(
      taken.resources.get('McpServer/default/tickets')?.digest,
    );
  });

  test('changes when a pinned definition does', () => {
    const changed = lockOf(server, { ...tools, get_issue: definition('Gets one and mails it.') });
    const [before, after] = [resolved(), resolved({ lock: changed })];
    const digestOf = ({ resources }: Resolved) => resources.get('McpServer/default/tickets')?.digest;
    expect(digestOf(after)).not.toBe(digestOf(before));
    // What the agent may call is the same.
    expect(after.resources.get('Agent/default/clerk')?.digest).toBe(
      before.resources.get('Agent/default/clerk')?.digest,
    );
  });

  test('is the same object while nothing changes', () => {
    const files = new Map([['pawl.lock.yaml', Buffer.from(lockOf(server))]]);
    const manifests = [server, agent('[get_*]'), model, secret].flatMap((text, at) =>
      parseDocuments({ path: `${at}.yaml`, bytes: Buffer.from(text) }).documents.map(validate),
    );
    const [first, second] = [resolve(manifests, files, {}), resolve(manifests, files, {})];
    for (const [address, resource] of first.resources) expect(second.resources.get(address)).toBe(resource);
    expect(first.resources.size).toBe(4);
  });
});

describe('a server without a pin', () => {
  test.each([
    ['without a lock file', undefined],
    ['with a lock file of others', 'apiVersion: pawl/v1\nservers: {}\n'],
  ])('is an error %s, unless it says onDeclare', (_what, lock) => {
    const taken = resolved({ lock });
    expect(findings(taken)).toEqual(['error pin.missing server.yaml:4:1']);
    // It is there to be asked for its tools, with none that could be called.
    expect(taken.resources.get('McpServer/default/tickets')?.manifest['spec']).not.toHaveProperty('pinned');
    const trying = resolved({ lock, server: `${server}  pin: onDeclare\n` });
    expect(findings(trying)).toEqual(['warning pin.missing server.yaml:9:3']);
    expect(errors(trying)).toEqual([]);
    expect(trying.resources.has('McpServer/default/tickets')).toBe(true);
  });

  test('keeps what an agent wrote', () => {
    const taken = resolved({ lock: undefined, server: `${server}  pin: onDeclare\n`, agent: agent('[get_*]') });
    expect(taken.resources.get('Agent/default/clerk')?.manifest).toMatchObject({
      spec: { tools: [{ mcpServerRef: 'tickets', tools: ['get_*'] }] },
    });
  });

  test('is no second mistake where the lock file itself is wrong', () => {
    const taken = resolved({ lock: lockOf(server).replace('Gets one.', 'Gets two.') });
    expect(findings(taken)).toEqual(['error lock.digest pawl.lock.yaml:31:17']);
  });
});

describe('a server that changed since its pin', () => {
  const pinned = lockOf(server);
  const image = `apiVersion: pawl/v1\nkind: McpServer\nmetadata: { name: tickets }\nspec:\n  transport: container\n  image: ghcr.io/example/tickets:1\n`;
  const http = `apiVersion: pawl/v1\nkind: McpServer\nmetadata: { name: tickets }\nspec:\n  transport: http\n  url: https://mcp.example.com/mcp\n  headersFrom: [{ name: X-Tenant, value: a }]\n`;

  test.each([
    ['the command', pinned, server.replace('command: npx', 'command: node'), '6:12'],
    ['an argument', pinned, server.replace('1.4.0', '1.4.1'), '7:9'],
    ['the name of a variable', pinned, server.replace('name: TOKEN', 'name: TOKENS'), '8:8'],
    ['the transport', pinned, http, '5:14'],
    ['the address', lockOf(http), http.replace('mcp.example.com', 'mcp.example.org'), '6:8'],
    ['the name of a header', lockOf(http), http.replace('X-Tenant', 'X-Other'), '7:16'],
    ['the image', lockOf(image), image.replace('tickets:1', 'tickets:2'), '6:10'],
  ])('by %s is an error where it changed, and a warning onDeclare', (_what, lock, text, place) => {
    expect(findings(resolved({ lock, server: text }))).toEqual([`error pin.stale server.yaml:${place}`]);
    const trying = resolved({ lock, server: `${text}  pin: onDeclare\n` });
    expect(findings(trying)).toEqual([`warning pin.stale server.yaml:${place}`]);
    expect(JSON.stringify(trying.resources.get('McpServer/default/tickets'))).not.toContain('toolsDigest');
  });

  test.each([
    ['the value of a variable', server.replace('value: warn', 'value: debug')],
    ['a timeout', `${server}  callTimeout: 10s\n`],
    ['the order of variables', server.replace(/\[(\{.*\}), (\{.*\})\]/, '[$2, $1]')],
    ['a description', `${server}  description: Tickets.\n`],
  ])('by %s is the same server', (_what, text) => {
    expect(findings(resolved({ lock: pinned, server: text }))).toEqual([]);
  });

  test('is told apart by the digest of the image that its tag stood for', () => {
    const withDigest = (hex: string) => {
      const spec: JsonObject = { transport: 'container', image: 'ghcr.io/example/tickets:1' };
      const offer = { server: 'default/tickets', spec, tools, now: new Date(0), version: '1' };
      const lock = lockText(pinServer(undefined, { ...offer, imageDigest: `sha256:${hex.repeat(64)}` }));
      return resolved({ lock, server: image });
    };
    const [before, after] = [withDigest('a'), withDigest('b')];
    expect(findings(before)).toEqual([]);
    const [one, other] = [before, after].map(({ resources }) => resources.get('McpServer/default/tickets'));
    expect(one?.manifest).toMatchObject({ spec: { pinned: { imageDigest: `sha256:${'a'.repeat(64)}` } } });
    expect(other?.digest).not.toBe(one?.digest);
  });
});

describe('what an agent takes of a server', () => {
  const toolsOf = (taken: Resolved) =>
    (taken.resources.get('Agent/default/clerk')?.manifest['spec'] as { tools: JsonObject[] } | undefined)?.tools[0];

  test.each([
    ['[get_issue]', ['get_issue']],
    ["['get_*']", ['get_issue', 'get_user']],
    ["['*_issue', get_user, 'get_*']", ['create_issue', 'delete_issue', 'get_issue', 'get_user']],
    ["['*']", ['create_issue', 'delete_issue', 'get_issue', 'get_user']],
    ["['?et_user']", ['get_user']],
    ['[]', []],
  ])('%s stands for names of the pin', (written, names) => {
    const taken = resolved({ agent: agent(written) });
    expect(findings(taken)).toEqual([]);
    expect(toolsOf(taken)).toMatchObject({ mcpServerRef: 'tickets', tools: names });
  });

  test('grows with the pin, as a change of the agent that a reviewer sees', () => {
    const more = lockOf(server, { ...tools, get_secrets: definition('Gets all secrets.') });
    const [before, after] = [
      resolved({ agent: agent("['get_*']") }),
      resolved({ agent: agent("['get_*']"), lock: more }),
    ];
    expect(toolsOf(after)).toMatchObject({ tools: ['get_issue', 'get_secrets', 'get_user'] });
    expect(after.resources.get('Agent/default/clerk')?.digest).not.toBe(
      before.resources.get('Agent/default/clerk')?.digest,
    );
  });

  test("leaves out what the server's own lists do, and deny wins", () => {
    const lists = (allow: string, deny: string) => `${server}  tools: { allow: ${allow}, deny: ${deny} }\n`;
    const all = agent("['*']");
    const names = (text: string) => toolsOf(resolved({ server: text, agent: all }))?.['tools'];
    expect(names(lists("['get_*', create_issue]", '[get_user]'))).toEqual(['create_issue', 'get_issue']);
    expect(names(lists("['*']", "['*_issue']"))).toEqual(['get_user']);
    expect(names(`${server}  tools: { deny: ['delete_*'] }\n`)).toEqual(['create_issue', 'get_issue', 'get_user']);
    expect(findings(resolved({ server: lists('[]', '[]'), agent: all }))).toEqual([
      'warning pin.hidden_tool agent.yaml:9:15',
    ]);
  });

  test.each([
    ['[get_isue]', 'error pin.no_tool agent.yaml:9:15', 'Did you mean `get_issue`?'],
    [
      '[get_issue, mail]',
      'error pin.no_tool agent.yaml:9:26',
      'It has create_issue, delete_issue, get_issue, get_user.',
    ],
    ["['mail_*']", 'warning pin.no_tool agent.yaml:9:15', 'It has create_issue, delete_issue, get_issue, get_user.'],
    ['[GET_ISSUE]', 'error pin.no_tool agent.yaml:9:15', 'Did you mean `get_issue`?'],
  ])('%s names nothing and says what there is', (written, finding, help) => {
    const taken = resolved({ agent: agent(written) });
    expect(findings(taken)).toEqual([finding]);
    expect(taken.problems.find(({ code }) => code === 'pin.no_tool')?.help).toBe(help);
  });

  test('a tool that the server may not offer is named as such', () => {
    const taken = resolved({ server: `${server}  tools: { deny: ['delete_*'] }\n`, agent: agent('[delete_issue]') });
    expect(findings(taken)).toEqual(['error pin.hidden_tool agent.yaml:9:15']);
  });

  test("a list of the server's own that names nothing is a warning", () => {
    const taken = resolved({ server: `${server}  tools: { allow: ['*'], deny: [delete_isue, 'x_*'] }\n` });
    expect(findings(taken)).toEqual(['warning pin.no_tool server.yaml:9:33', 'warning pin.no_tool server.yaml:9:46']);
  });
});

test('a pin that no manifest has a server for is a warning in the lock file', () => {
  const lock = lockOf(server).replace('default/tickets', 'default/ticket');
  expect(findings(resolved({ lock }))).toEqual([
    'warning lock.unused pawl.lock.yaml:4:3',
    'error pin.missing server.yaml:4:1',
  ]);
});

describe('what a role grants of a server', () => {
  const role = (permission: string) => `apiVersion: pawl/v1
kind: AgentRole
metadata: { name: desk }
spec: { permissions: ['${permission}'] }
`;
  const roles = '  roles: [desk]\n';
  const grants = (permission: string, tools = '[get_issue]') =>
    resolved({ agent: `${agent(tools, roles)}---\n${role(permission)}` })
      .problems.filter(({ code }) => code.startsWith('grant.'))
      .map(({ code, message }) => `${code} ${message}`);

  test.each(['tool:tickets:write', 'tool:tickets:*', 'tool:*:*'])('%s covers the tools that an agent lists', (one) => {
    expect(grants(one)).toEqual([]);
  });

  test('is missing where no role says the operation of the server', () => {
    expect(grants('tool:tickets:read')).toEqual([
      'grant.missing No role grants `tool:tickets:write`: every call of a tool of `tickets` would be denied.',
    ]);
    expect(grants('tool:tickets:read', '[]')).toEqual([]);
  });

  test('is unknown where neither a tool nor a server has the name', () => {
    expect(grants('tool:ticket:write')).toContain(
      'grant.unknown_tool The role grants a permission for the tool `ticket`, which is not defined.',
    );
  });
});

test('a server that is another than the pinned one is told apart from one that nobody looked at', () => {
  const moved = server
    .replace('tickets@1.4.0', 'tickets@1.5.0')
    .replace('transport: stdio', 'transport: stdio\n  pin: onDeclare');
  const taken = resolved({ server: moved, lock: lockOf(server) });
  expect(findings(taken)).toEqual(['warning pin.stale server.yaml:8:9']);
  expect(taken.resources.get('McpServer/default/tickets')?.manifest['spec']).toMatchObject({
    pinned: { stale: 'args' },
  });
});

test('what the server’s own lists leave out is no part of its pin, whoever names it', () => {
  const narrow = server.replace('transport: stdio', 'transport: stdio\n  tools: { deny: ["delete_*"] }');
  const { resources } = resolved({ server: narrow, lock: lockOf(narrow) });
  const spec = resources.get('McpServer/default/tickets')?.manifest['spec'];
  const pinned = isJsonObject(spec) ? objectAt(objectAt(spec, 'pinned'), 'tools') : {};
  expect(Object.keys(pinned)).toEqual(['create_issue', 'get_issue', 'get_user']);
});

test('a server and a tool of one name are refused: a role could not tell them apart', () => {
  const tool = `---
apiVersion: pawl/v1
kind: Tool
metadata: { name: tickets }
spec: { type: builtin, description: Echoes., inputSchema: { type: object }, builtin: { name: echo } }
`;
  const { problems } = resolved({ server: server + tool, lock: lockOf(server) });
  expect(problems.filter(({ severity }) => severity === 'error').map(({ code, message }) => [code, message])).toEqual([
    [
      'manifest.duplicate_entry',
      'Tool/default/tickets has the same name: a role that grants one would grant the other.',
    ],
  ]);
});
