import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/manifest/json.ts';
import type { Resource } from '../../src/manifest/resource.ts';
import { base, permission, triage, writer } from '../policy/estate.ts';
import { policy, resource } from './fixture.ts';
import { accessBetween, linesOf, widened } from './sides.ts';

const estate: readonly Resource[] = [...base, triage];
const lied = 'Agent/default/writer';
const whole: JsonObject = { global: true };
const condition = (expr = 'args.n < 3'): JsonObject => ({ conditions: [{ name: 'few', kind: 'denyUnless', expr }] });
const p = (spec: JsonObject, whom = whole) => policy('p', { ...whom, ...spec });

function having(...put: readonly Resource[]): readonly Resource[] {
  const addresses = new Set(put.map(({ address }) => address));
  return [...estate.filter(({ address }) => !addresses.has(address)), ...put];
}

const asks = (spec: JsonObject = {}) =>
  permission('p', { toolRef: 'search', global: true, rules: [{ operation: 'read', verdict: 'ask' }], ...spec });

describe('cells move between deny, ask and allow', () => {
  const denies = asks({ rules: [{ operation: 'read', verdict: 'deny' }] });
  const moves: readonly [string, readonly Resource[], readonly Resource[]][] = [
    ['deny to ask', having(denies), having(asks())],
    ['ask to allow', having(asks()), estate],
    ['deny to allow', having(denies), estate],
  ];

  test.each(moves)('%s widens with its cause, and narrows the other way', (title, before, after) => {
    const kinds = title.split(' to ');
    const [cell, ...others] = accessBetween(before, after).cells;
    expect(others).toEqual([]);
    expect(cell).toMatchObject({ direction: 'widened', before: { kind: kinds[0] }, after: { kind: kinds[1] } });
    expect(cell?.causes.map(({ address }) => address)).toEqual(['ToolPermission/default/p']);
    expect(accessBetween(after, before).cells).toMatchObject([{ direction: 'narrowed' }]);
  });

  test.each([
    ['a policy', having(p({ operations: { ask: ['read'] } })), 'AgentPolicy/default/p'],
    [
      'the agent itself',
      having(writer({ tools: [{ toolRef: 'search', requireApproval: true }, { toolRef: 'refund' }] })),
      lied,
    ],
  ] as const)('an approval that %s no longer asks for', (_title, before, cause) => {
    const [cell] = accessBetween(before, estate).cells;
    expect(cell).toMatchObject({ before: { kind: 'ask', asks: [cause] }, after: { kind: 'allow' } });
    expect(cell?.causes.map(({ address }) => address)).toEqual([cause]);
  });
});

describe('what calls must satisfy', () => {
  test.each([
    ['a condition dropped', p(condition()), p({}), 'condition AgentPolicy/default/p#few'],
    [
      'a rule on data dropped',
      p({ flow: [{ name: 'out', when: ['privateRead'], deny: 'externalWrite' }] }),
      p({}),
      'flow AgentPolicy/default/p#out',
    ],
    [
      'a host more',
      p({ egress: { hosts: ['a.example'] } }),
      p({ egress: { hosts: ['a.example', 'b.example'] } }),
      'egress AgentPolicy/default/p',
    ],
    [
      'a floor lowered',
      p({ isolation: { min: 'sandbox' } }),
      p({ isolation: { min: 'inline' } }),
      'isolation AgentPolicy/default/p',
    ],
    ['a gateway left', p({ gateways: { require: ['model'] } }), p({}), 'gateway AgentPolicy/default/p'],
  ] as const)('%s', (_title, tight, loose, what) => {
    expect(widened(having(tight), having(loose)).some((line) => line.startsWith(`widened ${lied} ${what} <`))).toBe(
      true,
    );
    expect(widened(having(loose), having(tight))).toEqual([]);
  });

  test('a condition with another text widens whichever way it changes', () => {
    const [one, other] = [having(p(condition())), having(p(condition('args.n < 4')))];
    const line = `widened ${lied} condition AgentPolicy/default/p#few < AgentPolicy/default/p spec.conditions["few"].expr`;
    expect(widened(one, other)).toEqual([line]);
    expect(widened(other, one)).toEqual([line]);
  });

  test('a longer answer is a higher ceiling', () => {
    const clamp = (maxOutputTokens: number) => having(p({ models: { maxOutputTokens } }));
    expect(widened(clamp(10), clamp(20))).toEqual([
      `widened ${lied} maxOutputTokens 10 to 20 < AgentPolicy/default/p spec.models.maxOutputTokens`,
    ]);
  });

  test('fewer approvers of a call that still asks', () => {
    const by = (min: number) =>
      having(asks({ approval: { approvers: { groups: ['a'], min }, ttl: '15m', fourEyes: true } }));
    expect(widened(by(2), by(1))).toEqual([
      `widened ${lied} approval ToolPermission/default/p < ToolPermission/default/p spec.approval.approvers.min`,
    ]);
    expect(linesOf(accessBetween(by(1), by(2)))).toEqual([expect.stringMatching(/^narrowed .* approval /)]);
  });

  test('a label dropped, by which a condition found the agent', () => {
    const labelled = p(condition(), { targets: { labels: { team: 'x' } } });
    const lines = widened([...having(labelled, writer({}, { team: 'x' }))], having(labelled));
    expect(lines).toContain(
      `widened ${lied} condition AgentPolicy/default/p#few < Agent/default/writer metadata.labels.team`,
    );
  });
});

test.each([
  [
    'a rule moved to another policy of the same agents',
    having(p({ ...condition(), tools: { deny: ['refund'] } }), policy('q', whole)),
    having(p({ tools: { deny: ['refund'] } }), policy('q', { ...whole, ...condition() })),
  ],
  [
    'two policies in the place of one',
    having(p({ ...condition(), operations: { ask: ['delete'] } })),
    having(policy('a', { ...whole, ...condition() }), policy('b', { ...whole, operations: { ask: ['delete'] } })),
  ],
  [
    'lists in another order',
    having(p({ egress: { hosts: ['a.example', 'b.example'] } })),
    having(p({ egress: { hosts: ['b.example', 'a.example'] } })),
  ],
  ['a Guard that nobody has', estate, [...estate, resource({ kind: 'Guard', name: 'g', spec: { action: 'audit' } })]],
] as const)('%s says nothing', (_title, before, after) => {
  expect(linesOf(accessBetween(before, after))).toEqual([]);
});
