import { describe, expect, test } from 'vitest';
import { agent, model, said, type Texts } from './environment-texts.ts';
import { manifest } from './manifests.ts';

describe('work that is handed on', () => {
  const agents = (edges: Readonly<Record<string, string>>, limits = ''): Texts => ({
    'model.yaml': model,
    ...Object.fromEntries(
      Object.entries(edges).map(([name, to]) => {
        const entries = to.split(' ').map((target) => `{agentRef: ${target}}`);
        const first = name === Object.keys(edges)[0] ? limits : '';
        return [`${name}.yaml`, agent(name, to === '' ? '' : `, agents: [${entries.join(', ')}]${first}`)];
      }),
    ),
  });

  test('in a circle is reported once, with all places', () => {
    expect(said(agents({ a: 'b', b: 'c', c: 'a' }))).toEqual([
      [
        'a.yaml reference.cycle 4:57',
        'Agents hand work to each other in a circle: `a` → `b` → `c` → `a`.',
        'Remove one of the references: this one, or b.yaml:4, c.yaml:4.',
      ],
    ]);
    expect(said(agents({ a: 'a' }))).toEqual([
      ['a.yaml reference.self 4:57', '`a` hands work to itself.', 'Remove the reference.'],
    ]);
  });

  test('deeper than the first agent allows is reported there, with the chain', () => {
    const chain = { a: 'b', b: 'c', c: 'd', d: '' };
    expect(said(agents(chain, ', limits: {maxDelegationDepth: 2}'))).toEqual([]);
    expect(said(agents(chain, ', limits: {maxDelegationDepth: 1}'))).toEqual([
      [
        'a.yaml delegation.depth 4:57',
        'Work is handed on from agent to agent (`a` → `b` → `c` → `d`): 2 deep. Its `limits.maxDelegationDepth` is 1.',
        'Shorten the chain, or raise `limits.maxDelegationDepth`.',
      ],
    ]);
    const defaults = manifest('Defaults', 'all', '{limits: {maxDelegationDepth: 1}}');
    expect(said({ ...agents(chain), 'z.yaml': defaults })[0]?.[1]).toBe(
      'Work is handed on from agent to agent (`a` → `b` → `c` → `d`): 2 deep. Defaults/default/all (z.yaml:4) allows 1.',
    );
  });

  test('has a bound where nobody sets one', () => {
    const names = Array.from({ length: 13 }, (_, index) => `n${String(index).padStart(2, '0')}`);
    const chain = Object.fromEntries(names.map((name, index) => [name, names[index + 1] ?? '']));
    expect(said(agents(chain)).map(([where]) => where)).toEqual(['n00.yaml delegation.depth 4:57']);
  });

  test('systems that contain each other are reported alike', () => {
    const system = (name: string, inner: string) =>
      manifest('AgentSystem', name, `{graph: {n: {systemRef: ${inner}}}}`);
    expect(said({ 's.yaml': system('s', 't'), 't.yaml': system('t', 's') })).toEqual([
      [
        's.yaml reference.cycle 4:31',
        'Systems contain each other in a circle: `s` → `t` → `s`.',
        'Remove one of the references: this one, or t.yaml:4.',
      ],
    ]);
    expect(said({ 's.yaml': system('s', 's') })[0]?.[1]).toBe('`s` contains itself.');
  });
});
