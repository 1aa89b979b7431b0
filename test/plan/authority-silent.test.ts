import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/manifest/json.ts';
import type { Resource } from '../../src/manifest/resource.ts';
import { base, permission, triage, writer } from '../policy/estate.ts';
import { model, policy, role, system, tool } from './fixture.ts';
import { accessBetween, linesOf } from './sides.ts';

const estate: readonly Resource[] = [...base, triage];
const all = (name: string, spec: JsonObject) => policy(name, { global: true, ...spec });
const deny = all('no-refunds', { tools: { deny: ['refund'] } });

/** The estate with some resources in the place of those of their address, and without others. */
function having(...put: readonly Resource[]): readonly Resource[] {
  const addresses = new Set(put.map(({ address }) => address));
  return [...estate.filter(({ address }) => !addresses.has(address)), ...put];
}

describe('an innocent look-alike says nothing', () => {
  const moved = (one: Resource): Resource => ({ ...one, place: { file: 'elsewhere.yaml', line: 40, column: 1 } });
  const same: readonly [string, readonly Resource[], readonly Resource[]][] = [
    ['the same texts in other files', having(deny), having(deny).map(moved)],
    ['files in another order', estate, [...estate].reverse()],
    [
      'lists in another order',
      estate,
      having(
        writer({ tools: [{ toolRef: 'refund' }, { toolRef: 'search' }] }),
        role('support', ['tool:refund:*', 'tool:search:read']),
      ),
    ],
    [
      'a role split in two with the same permissions',
      estate,
      [
        ...having(writer({ roles: ['looks', 'pays'] })),
        role('looks', ['tool:search:read']),
        role('pays', ['tool:refund:*']),
      ],
    ],
    ['a policy renamed', having(deny), having(all('nothing-is-paid', { tools: { deny: ['default/refund'] } }))],
    [
      'a policy with another reason',
      having(deny),
      having(all('no-refunds', { description: 'Since May.', tools: { deny: ['refund'] } })),
    ],
    [
      'a policy for two agents cut in two, that counts nothing',
      having(policy('p', { targets: { agents: ['writer', 'other'] }, tools: { deny: ['refund'] } })),
      having(
        policy('a', { targets: { agents: ['writer'] }, tools: { deny: ['refund'] } }),
        policy('b', { targets: { agents: ['other'] }, tools: { deny: ['refund'] } }),
      ),
    ],
    [
      'a permission that no tool of anybody needs',
      estate,
      having(role('support', ['tool:search:read', 'tool:refund:*', 'tool:other:*'])),
    ],
    ['a role that nobody has', estate, [...estate, role('unused', ['tool:*:*'])]],
    [
      'an operation of a tool that nobody lists',
      [...estate, tool('other')],
      [...estate, tool('other', { operation: ['read'] })],
    ],
    [
      'an operation of a tool that nobody is granted',
      having(role('support', [])),
      having(role('support', []), tool('refund', { operation: ['write'] })),
    ],
    ['a policy that says nothing', having(all('p', {})), estate],
    [
      'a policy that reaches nobody',
      having(policy('p', { targets: { agents: ['other'] }, tools: { allow: [] } })),
      estate,
    ],
    ['a prompt', estate, having(writer({ prompt: 'Help more.' }))],
    [
      'a limit above one that is tighter',
      having(all('a', { limits: { maxSteps: 4 } }), all('b', { limits: { maxSteps: 5 } })),
      having(all('a', { limits: { maxSteps: 4 } }), all('b', { limits: { maxSteps: 6 } })),
    ],
    ['a model of another name that no one has', estate, [...estate, model('other')]],
    ['a system without agents', estate, [...estate, system('idle', {})]],
  ];

  test.each(same)('%s', (_title, before, after) => {
    expect(linesOf(accessBetween(before, after))).toEqual([]);
  });

  test.each([
    ['a limit lowered', estate, having(writer({ limits: { maxSteps: 4, maxToolCalls: 50, timeout: '5m' } }))],
    ['tighter Defaults', estate, having(writer({ limits: { maxSteps: 10, maxToolCalls: 50, timeout: '1m' } }))],
    ['a new policy', estate, having(deny)],
    ['the last role of an agent removed', estate, having(writer({ roles: [] }))],
    ['a permission taken away', estate, having(role('support', ['tool:search:read']))],
    [
      'match: any becomes all',
      having(
        permission('p', {
          toolRef: 'search',
          global: true,
          required: ['tool:search:read', 'capability:x'],
          match: 'any',
        }),
      ),
      having(
        permission('p', {
          toolRef: 'search',
          global: true,
          required: ['tool:search:read', 'capability:x'],
          match: 'all',
        }),
      ),
    ],
    ['a tool no longer listed', estate, having(writer({ tools: [{ toolRef: 'search' }] }))],
    ['an agent that leaves its system', estate, having(system('triage', {}))],
  ] as const)('%s only narrows', (_title, before, after) => {
    const lines = linesOf(accessBetween(before, after));
    expect(lines).not.toEqual([]);
    expect(lines.filter((line) => !line.startsWith('narrowed'))).toEqual([]);
  });
});
