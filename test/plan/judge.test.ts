import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/manifest/json.ts';
import type { Resource } from '../../src/manifest/resource.ts';
import { resource, role, tool } from './fixture.ts';
import { eitherWay, estate, having, ofPolicy, ofTool, rules } from './judge-cases.ts';
import { accessBetween } from './sides.ts';

const lied = 'Agent/default/writer';
/** What is judged, a line each: `widened tool.idempotent spec.idempotent`. */
function judged(before: readonly Resource[], after: readonly Resource[]): readonly string[] {
  return accessBetween(before, after).judged.map(({ direction, aspect, field }) => `${direction} ${aspect} ${field}`);
}

describe('what no cell shows', () => {
  test.each(rules)('%s widens, and its opposite narrows', (_title, aspect, make, tight, loose) => {
    expect(judged(make(tight), make(loose)).map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      `widened ${aspect}`,
    ]);
    expect(judged(make(loose), make(tight)).map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      `narrowed ${aspect}`,
    ]);
  });

  test.each(eitherWay)('%s widens whichever way it changes', (_title, aspect, make, one, other) => {
    for (const [before, after] of [
      [one, other],
      [other, one],
    ] as const) {
      const [first] = judged(make(before), make(after));
      expect(first).toMatch(new RegExp(`^widened ${aspect.replace('.', '\\.')} `));
    }
  });

  const silent: readonly [string, readonly Resource[], readonly Resource[]][] = [
    [
      'words in a schema',
      ofTool({ inputSchema: { type: 'object', description: 'a' } }),
      ofTool({ inputSchema: { type: 'object', description: 'b' } }),
    ],
    [
      'a property that is called like a word of schemas',
      ofTool({ inputSchema: { properties: { title: { type: 'string' } } } }),
      ofTool({ inputSchema: { properties: { title: { type: 'string' } }, title: 'T' } }),
    ],
    [
      'hosts in another order',
      ofTool({ egress: { hosts: ['a.example', 'b.example'] } }),
      ofTool({ egress: { hosts: ['b.example', 'a.example'] } }),
    ],
    [
      'a condition of a policy that only records',
      ofPolicy({ mode: 'audit', conditions: [{ name: 'a', kind: 'askIf', expr: 'x' }] }),
      ofPolicy({ mode: 'audit', conditions: [] }),
    ],
    [
      'a tool that nobody may use',
      [...ofTool({ idempotent: false }).filter(({ kind }) => kind !== 'AgentRole'), role('support', [])],
      [...ofTool({ idempotent: true }).filter(({ kind }) => kind !== 'AgentRole'), role('support', [])],
    ],
    [
      'a guard that nobody has',
      [...estate, resource({ kind: 'Guard', name: 'g', spec: { action: 'block' } })],
      [...estate, resource({ kind: 'Guard', name: 'g', spec: { action: 'audit' } })],
    ],
    ['a timeout of a tool', ofTool({ timeout: '10s' }), ofTool({ timeout: '50s' })],
  ];

  test.each(silent)('%s says nothing', (_title, before, after) => {
    expect(judged(before, after)).toEqual([]);
  });

  test('a key of a Secret covers who calls with it, and only with that key', () => {
    const secret = (keys: JsonObject) => resource({ kind: 'Secret', name: 's', spec: { source: 'env', keys } });
    const using = tool('search', {
      operation: ['read'],
      auth: { profile: 'bearer', secretRef: { name: 's', key: 'token' } },
    });
    const [one] = accessBetween(
      having(using, secret({ token: 'A', other: 'B' })),
      having(using, secret({ token: 'ADMIN', other: 'B' })),
    ).judged;
    expect(one).toMatchObject({
      aspect: 'secret.key',
      direction: 'widened',
      covers: [{ subject: lied, system: 'default/triage' }],
    });
    expect(
      judged(having(using, secret({ token: 'A', other: 'B' })), having(using, secret({ token: 'A', other: 'C' }))),
    ).toEqual([]);
  });

  test('the value of a header is in no message', () => {
    const found = accessBetween(
      ofTool({ http: { headers: { 'x-key': 'canary-1' } } }),
      ofTool({ http: { headers: { 'x-key': 'canary-2' } } }),
    );
    expect(JSON.stringify(found)).not.toContain('canary');
  });
});
