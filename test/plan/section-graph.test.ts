import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../src/manifest/json.ts';
import { graphLines } from '../../src/plan/render/graph-lines.ts';
import { graphChanges } from '../../src/plan/section-graph.ts';
import { agent, model, system, tool } from './fixture.ts';
import { sidesBetween } from './fixture-sides.ts';

const edge = (to: string, when?: string): JsonObject => ({
  to,
  default: false,
  ...(when === undefined ? {} : { when }),
});
const node = (agentRef: string, ...edges: JsonObject[]): JsonObject => ({ agentRef, edges });

const graph = {
  draft: node('writer', edge('check')),
  check: node('critic', edge('send', 'output.ok')),
  send: { toolRef: 'mail', edges: [] },
};
const rest = [model('small'), tool('mail'), agent('writer'), agent('critic')];

const changesTo = (after: JsonObject, spec: JsonObject = {}) =>
  graphChanges(sidesBetween([...rest, system('triage', graph)], [...rest, system('triage', after, { spec })]));

const linesOfCheck = (was: JsonObject, is: JsonObject): readonly string[] => {
  const sides = sidesBetween(
    [...rest, system('triage', { ...graph, check: was })],
    [...rest, system('triage', { ...graph, check: is })],
  );
  return graphChanges(sides).flatMap((change) => graphLines(change).map(({ text }) => text));
};

describe('the graph of a system', () => {
  test('shows what becomes of every node and edge', () => {
    const [change] = changesTo({
      draft: node('writer', edge('check')),
      check: node('judge', edge('send', 'output.ok'), edge('end')),
      send: { toolRef: 'mail', edges: [] },
    });
    expect(change).toMatchObject({ system: 'AgentSystem/default/triage', fate: 'changed', settings: [] });
    expect(change?.nodes).toEqual([
      {
        name: 'check',
        kind: 'agent',
        target: 'default/judge',
        fate: 'changed',
        was: { kind: 'agent', target: 'default/critic' },
      },
      { name: 'draft', kind: 'agent', target: 'default/writer', fate: 'same' },
      { name: 'send', kind: 'tool', target: 'default/mail', fate: 'same' },
    ]);
    expect(change?.edges.map(({ from, to, fate }) => [from, to, fate])).toEqual([
      ['check', 'end', 'added'],
      ['check', 'send', 'same'],
      ['draft', 'check', 'same'],
    ]);
  });

  test('an edge whose condition changes is one changed edge, and several of them are gone and come', () => {
    const [one] = changesTo({ ...graph, check: node('critic', edge('send', 'output.ok && output.sure')) });
    expect(one?.edges).toContainEqual({
      from: 'check',
      to: 'send',
      when: 'output.ok && output.sure',
      default: false,
      fate: 'changed',
      was: { when: 'output.ok', default: false },
    });
    const [two] = changesTo({ ...graph, check: node('critic', edge('send', 'output.a'), edge('send', 'output.b')) });
    expect(two?.edges.filter(({ from }) => from === 'check').map(({ when, fate }) => [when, fate])).toEqual([
      ['output.a', 'added'],
      ['output.b', 'added'],
      ['output.ok', 'removed'],
    ]);
  });

  test('a node that loses the edge to it becomes an entry', () => {
    const [change] = changesTo({ ...graph, draft: node('writer') });
    expect(change?.entries).toEqual({ before: ['draft'], after: ['check', 'draft'] });
  });

  test('a node under another name is told as one, unless two are alike', () => {
    const [change] = changesTo({ write: graph.draft, check: graph.check, send: graph.send });
    expect(change?.nodes.filter(({ fate }) => fate !== 'same')).toEqual([
      { name: 'draft', kind: 'agent', target: 'default/writer', fate: 'removed' },
      { name: 'write', kind: 'agent', target: 'default/writer', fate: 'added', renamedFrom: 'draft' },
    ]);
    const [alike] = changesTo({ write: graph.draft, again: graph.draft, check: graph.check, send: graph.send });
    expect(alike?.nodes.some(({ renamedFrom }) => renamedFrom !== undefined)).toBe(false);
  });

  test('joins, loops, reviews and limits are settings of their node or of the graph', () => {
    const before = [
      ...rest,
      system('triage', { ...graph, check: { ...graph.check, join: { mode: 'all', onFailure: 'fail' } } }),
    ];
    const after = [
      ...rest,
      system(
        'triage',
        {
          ...graph,
          check: {
            ...graph.check,
            join: { mode: 'any', onFailure: 'fail' },
            loop: { until: 'output.ok', maxTurns: 5 },
          },
          send: { ...graph.send, review: { approvers: { groups: ['leads'], min: 1 }, ttl: '72h', maxCycles: 1 } },
        },
        { spec: { limits: { timeout: '30m', maxTurns: 4 } } },
      ),
    ];
    const [change] = graphChanges(sidesBetween(before, after));
    expect(change?.settings).toEqual([{ field: 'limits.maxTurns', before: undefined, after: '4' }]);
    expect(change?.nodes.find(({ name }) => name === 'check')?.settings).toEqual([
      { field: 'join.mode', before: 'all', after: 'any' },
      { field: 'loop.maxTurns', before: undefined, after: '5' },
      { field: 'loop.until', before: undefined, after: 'output.ok' },
    ]);
    expect(change?.nodes.find(({ name }) => name === 'send')?.settings?.map(({ field }) => field)).toEqual([
      'review.approvers.groups',
      'review.approvers.min',
      'review.maxCycles',
      'review.ttl',
    ]);
  });

  test('no run starts at a delegate, at what a failure leads to or at what cleans up', () => {
    const [change] = changesTo(
      {
        draft: { ...node('writer', edge('check')), delegates: ['aid'], onError: 'goto rescue' },
        check: graph.check,
        send: graph.send,
        aid: node('critic'),
        rescue: node('critic'),
        tidy: node('writer'),
      },
      { onFailure: 'tidy' },
    );
    expect(change?.entries).toEqual({ before: ['draft'], after: ['draft'] });
    expect(change && graphLines(change).map(({ text }) => text)).toEqual([
      'node aid (agent default/critic)',
      'node draft (agent default/writer); delegates: (absent) -> ["aid"]; onError: (absent) -> goto rescue',
      'node rescue (agent default/critic)',
      'node tidy (agent default/writer)',
      'onFailure: (absent) -> tidy',
    ]);
  });

  test.each<[field: string, was: Json, is: Json, text: string]>([
    [
      'join',
      { mode: 'all', onFailure: 'fail' },
      { mode: 'quorum', count: 2, onFailure: 'partial' },
      'join.count: (absent) -> 2; join.mode: all -> quorum; join.onFailure: fail -> partial',
    ],
    [
      'loop',
      { until: 'output.ok', maxTurns: 2 },
      { until: 'output.sure', maxTurns: 9 },
      'loop.maxTurns: 2 -> 9; loop.until: output.ok -> output.sure',
    ],
    ['forEach', 'input.some', 'input.all', 'forEach: input.some -> input.all'],
    ['maxParallel', 2, 50, 'maxParallel: 2 -> 50'],
    [
      'retry',
      { maxAttempts: 2, on: ['timeout'] },
      { maxAttempts: 7, on: ['timeout', 'error'] },
      'retry.maxAttempts: 2 -> 7; retry.on: ["timeout"] -> ["timeout","error"]',
    ],
    ['timeout', '5m', '5h', 'timeout: 5m -> 5h'],
    ['onError', 'continue', 'goto send', 'onError: continue -> goto send'],
    [
      'review',
      { approvers: { groups: ['leads'], min: 2 }, ttl: '1h' },
      { approvers: { groups: ['all'], min: 1 }, ttl: '2h' },
      'review.approvers.groups: ["leads"] -> ["all"]; review.approvers.min: 2 -> 1; review.ttl: 1h -> 2h',
    ],
  ])('%s of a node is read where it changes', (field, was, is, text) => {
    expect(linesOfCheck({ ...graph.check, [field]: was }, { ...graph.check, [field]: is })).toEqual([
      `node check (agent default/critic); ${text}`,
    ]);
  });

  test('whom a node asks is read where it changes', () => {
    const asking = (assignees: JsonObject, ttl: string) => ({ human: { assignees, ttl }, edges: [edge('send')] });
    expect(linesOfCheck(asking({ groups: ['leads'] }, '1h'), asking({ users: ['ada'] }, '2h'))).toEqual([
      'node check (human); human.assignees.groups: ["leads"] -> (absent); human.assignees.users: (absent) -> ["ada"]; human.ttl: 1h -> 2h',
    ]);
  });

  test('an agent that is offered another prompt or model changes no graph, and neither does a description or an order', () => {
    const changed = [
      model('small'),
      tool('mail'),
      agent('writer', { prompt: 'New.' }),
      agent('critic', { modelRef: 'big' }),
    ];
    const before = [...rest, system('triage', graph)];
    expect(graphChanges(sidesBetween(before, [...changed, system('triage', graph)]))).toEqual([]);
    const reordered = { send: graph.send, check: graph.check, draft: graph.draft };
    expect(changesTo(reordered, { description: 'Sorts tickets.', limits: { timeout: '30m' } })).toEqual([]);
  });

  test('a system that comes or goes shows its whole graph', () => {
    const [added] = graphChanges(sidesBetween(rest, [...rest, system('triage', graph)]));
    expect([added?.fate, added?.nodes.every(({ fate }) => fate === 'added'), added?.edges.length]).toEqual([
      'added',
      true,
      2,
    ]);
    const [removed] = graphChanges(sidesBetween([...rest, system('triage', graph)], rest));
    expect([removed?.fate, removed?.edges.every(({ fate }) => fate === 'removed')]).toEqual(['removed', true]);
  });

  test('people, nested systems and values are kinds of nodes, and dependsOn is an edge', () => {
    const [change] = changesTo({
      ask: { human: { assignees: { users: ['ada'] }, ttl: '72h' }, edges: [] },
      nested: { systemRef: 'other/inner', edges: [], dependsOn: ['ask'] },
      give: { input: { a: 1 }, edges: [] },
    });
    expect(
      change?.nodes.filter(({ fate }) => fate === 'added').map(({ name, kind, target }) => [name, kind, target]),
    ).toEqual([
      ['ask', 'human', ''],
      ['give', 'value', ''],
      ['nested', 'system', 'other/inner'],
    ]);
    expect(change?.edges).toContainEqual({ from: 'ask', to: 'nested', when: undefined, default: false, fate: 'added' });
  });

  test('what a value holds is written out where nobody could see it', () => {
    const [change] = changesTo({ ...graph, send: { ...graph.send, input: { to: 'a\u202eb\u001b[2J' } } });
    const text = JSON.stringify(change?.nodes);
    expect(text).toContain('\\\\u{202e}');
    expect(text).not.toMatch(/\u202e|\u001b/);
  });
});
