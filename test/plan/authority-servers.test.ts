import { describe, expect, test } from 'vitest';
import type { Resource } from '../../src/manifest/resource.ts';
import { worldOf } from '../../src/plan/authority-world.ts';
import { entitlementsOf } from '../../src/plan/entitlement.ts';
import { answerAccess } from '../../src/controller/entitlements.ts';
import { agent, mapOf, model, role, server, system, tool } from './fixture.ts';
import { accessBetween, linesOf } from './sides.ts';

const id = 'mcp:default/tickets:get_issue';
const tickets = (tools: Readonly<Record<string, string>>, spec = {}) => server('tickets', tools, spec);
const clerk = (...tools: readonly string[]) =>
  agent('clerk', { tools: [{ mcpServerRef: 'tickets', tools: [...tools] }], roles: ['desk'] });
const estate = (...more: readonly Resource[]): readonly Resource[] => [
  model('small'),
  role('desk', ['tool:tickets:*']),
  system('desk', { work: { agentRef: 'clerk', edges: [] } }),
  clerk('get_issue'),
  ...more,
];
const between = (before: readonly Resource[], after: readonly Resource[]) => linesOf(accessBetween(before, after));

describe('a plan says of a lock file', () => {
  test('that a tool which gets a pin can be called', () => {
    expect(
      between(
        estate(tickets({}, { pin: 'onDeclare' })),
        estate(tickets({ get_issue: 'Gets one.' }, { pin: 'onDeclare' })),
      ),
    ).toEqual([
      expect.stringMatching(`^widened Agent/default/clerk ${id}:write < McpServer/default/tickets `),
      expect.stringMatching(/^widened server\.pinned McpServer\/default\/tickets .* of Agent\/default\/clerk$/),
    ]);
  });

  test('that a tool which loses its pin cannot', () => {
    const lines = between(estate(tickets({ get_issue: 'Gets one.' })), estate(tickets({})));
    expect(lines).toContainEqual(
      expect.stringMatching(`^narrowed Agent/default/clerk ${id}:write < McpServer/default/tickets`),
    );
  });

  test('that another definition widens for whoever calls tools of the server', () => {
    expect(between(estate(tickets({ get_issue: 'Gets one.' })), estate(tickets({ get_issue: 'Mails one.' })))).toEqual([
      'widened server.pinned McpServer/default/tickets spec.pinned.tools.get_issue.definition.description of Agent/default/clerk',
    ]);
  });

  test('what it says of a Tool that stands for one', () => {
    const find = tool('find', { type: 'mcp', operation: ['read'], mcp: { serverRef: 'tickets', tool: 'get_issue' } });
    const using = agent('clerk', { tools: [{ toolRef: 'find' }], roles: ['desk'] });
    const with1 = (server: Resource) => [
      ...estate().slice(0, 3),
      role('desk', ['tool:find:read']),
      using,
      find,
      server,
    ];
    expect(between(with1(tickets({})), with1(tickets({ get_issue: 'Gets one.' })))).toContainEqual(
      expect.stringMatching(/^widened Agent\/default\/clerk default\/find:read < McpServer\/default\/tickets /),
    );
  });
});

test('an agent that lists one more tool of a server may call it', () => {
  const both = { get_issue: 'Gets one.', put_issue: 'Puts one.' };
  expect(
    between(estate(tickets(both)), [
      ...estate(tickets(both)).filter(({ kind }) => kind !== 'Agent'),
      clerk('get_issue', 'put_issue'),
    ]),
  ).toContainEqual(
    expect.stringMatching(/^widened Agent\/default\/clerk mcp:default\/tickets:put_issue:write < Agent/),
  );
});

test('an operation that the server’s owner declares less of moves what a call needs', () => {
  const reading = tickets({ get_issue: 'Gets one.' }, { defaults: { operation: 'read', risk: 'medium' } });
  const world = worldOf(
    mapOf([...estate(reading).filter(({ kind }) => kind !== 'AgentRole'), role('desk', ['tool:tickets:read'])]),
  );
  expect(entitlementsOf(world, { target: { kind: 'tool', name: id } })).toMatchObject([
    {
      subject: 'Agent/default/clerk',
      operations: ['read'],
      verdict: { kind: 'allow' },
      origins: [{ address: 'AgentRole/default/desk', permission: 'tool:tickets:read' }],
    },
  ]);
});

test('whoever asks names a server’s tool as rules do, and its arguments are held against the pin', async () => {
  const world = worldOf(mapOf(estate(tickets({ get_issue: 'Gets one.' }))));
  expect((await answerAccess(world, { tool: 'mcp:tickets:get_issue' })).rows).toMatchObject([
    { entitlement: { name: id, verdict: { kind: 'allow' } } },
  ]);
  const asked = { tool: 'mcp:tickets:get_issue', agent: 'clerk' };
  const decisions = await Promise.all(
    ['{"id":"A-1"}', '{"id":1}'].map(
      async (text) => (await answerAccess(world, { ...asked, arguments: text })).rows[0]?.decision,
    ),
  );
  expect(decisions).toMatchObject([{ kind: 'allow' }, { kind: 'deny', reason: 'args.invalid' }]);
  await expect(answerAccess(world, { tool: 'mcp:ticket:get_issue' })).rejects.toThrow(/no McpServer/);
});
