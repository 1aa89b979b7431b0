import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/manifest/json.ts';
import type { Resource } from '../../src/manifest/resource.ts';
import { base, permission, triage, writer } from '../policy/estate.ts';
import { agent, policy, resource, role, system, tool } from './fixture.ts';
import { accessBetween, linesOf, widened } from './sides.ts';

const estate: readonly Resource[] = [...base, triage];
const all = (name: string, spec: JsonObject) => policy(name, { global: true, ...spec });
const deny = all('no-refunds', { tools: { deny: ['refund'] } });
const lied = 'Agent/default/writer';

/** The estate with some resources in the place of those of their address, and without others. */
function having(...put: readonly Resource[]): readonly Resource[] {
  const addresses = new Set(put.map(({ address }) => address));
  return [...estate.filter(({ address }) => !addresses.has(address)), ...put];
}

describe('a change that looks like clean-up and widens', () => {
  test('a deleted policy', () => {
    expect(widened(having(deny), estate)).toEqual([
      `widened ${lied} default/refund:delete < AgentPolicy/default/no-refunds`,
      `widened ${lied} default/refund:write < AgentPolicy/default/no-refunds`,
      `widened ${lied} reach of AgentPolicy/default/no-refunds < AgentPolicy/default/no-refunds`,
    ]);
  });

  test('emptied targets', () => {
    const aimed = (agents: readonly string[]) => policy('p', { targets: { agents }, operations: { deny: ['delete'] } });
    expect(widened(having(aimed(['writer'])), having(aimed([])))).toEqual([
      `widened ${lied} default/refund:delete < AgentPolicy/default/p spec.targets.agents["writer"]`,
      `widened ${lied} default/refund:write < AgentPolicy/default/p spec.targets.agents["writer"]`,
      `widened ${lied} reach of AgentPolicy/default/p < AgentPolicy/default/p spec.targets.agents["writer"]`,
    ]);
  });

  test('what a permission required of callers no longer required', () => {
    const asks = (required: readonly string[]) => permission('refund', { toolRef: 'refund', global: true, required });
    expect(
      widened(having(asks(['tool:refund:write', 'capability:money'])), having(asks(['tool:refund:write']))),
    ).toEqual([
      `widened ${lied} default/refund:delete < ToolPermission/default/refund spec.required["capability:money"]`,
      `widened ${lied} default/refund:write < ToolPermission/default/refund spec.required["capability:money"]`,
    ]);
  });

  test('match: all becomes any', () => {
    const asks = (match: string) =>
      permission('refund', {
        toolRef: 'refund',
        global: true,
        match,
        required: ['tool:refund:write', 'capability:money'],
      });
    expect(widened(having(asks('all')), having(asks('any')))).toEqual([
      `widened ${lied} default/refund:delete < ToolPermission/default/refund spec.match`,
      `widened ${lied} default/refund:write < ToolPermission/default/refund spec.match`,
    ]);
  });

  test('an operation relabelled, so that a role for reading lets it be called', () => {
    const reads = role('support', ['tool:refund:read', 'tool:search:read']);
    const relabelled = tool('refund', { operation: ['read'] });
    expect(widened(having(reads), having(reads, relabelled))).toEqual([
      `widened ${lied} default/refund:read < Tool/default/refund spec.operation["delete"] spec.operation["read"] spec.operation["write"]`,
    ]);
  });

  test('an operation relabelled where no cell moves, past a policy that denied the old one elsewhere', () => {
    const found = accessBetween(estate, having(tool('refund', { operation: ['write'] })));
    expect(linesOf(found)).toEqual([`widened tool.operation Tool/default/refund spec.operation["delete"] of ${lied}`]);
  });

  test.each([
    ['a step limit', { limits: { maxSteps: 4 } }, 'maxSteps 4 to 10', 'spec.limits.maxSteps'],
    ['a token limit', { limits: { maxTokens: 900 } }, 'maxTokens 900 to undefined', 'spec.limits.maxTokens'],
    ['a timeout', { limits: { timeout: '1m' } }, 'timeout 60000 to 300000', 'spec.limits.timeout'],
  ])('%s dropped', (_title, spec, moved, field) => {
    expect(widened(having(all('p', spec)), having(all('p', {})))).toEqual([
      `widened ${lied} ${moved} < AgentPolicy/default/p ${field}`,
    ]);
  });

  test('a budget dropped, and one raised', () => {
    const spends = (limit: number) => all('p', { budgets: [{ scope: 'run', unit: 'usd', limit }] });
    expect(widened(having(spends(0.25)), having(all('p', { budgets: [] })))).toEqual([
      `widened ${lied} budget.run.usd 250000 to undefined < AgentPolicy/default/p spec.budgets["run usd"]`,
    ]);
    expect(widened(having(spends(0.25)), having(spends(0.5)))).toEqual([
      `widened ${lied} budget.run.usd 250000 to 500000 < AgentPolicy/default/p spec.budgets["run usd"].limit`,
    ]);
  });

  test('a rule removed from a permission', () => {
    const rules = (list: readonly JsonObject[]) =>
      permission('refund', { toolRef: 'refund', global: true, rules: list });
    expect(widened(having(rules([{ operation: 'delete', verdict: 'deny' }])), having(rules([])))).toEqual([
      `widened ${lied} default/refund:delete < ToolPermission/default/refund spec.rules["delete"]`,
      `widened ${lied} default/refund:write < ToolPermission/default/refund spec.rules["delete"]`,
    ]);
  });

  test('a role widened in a file that no agent mentions', () => {
    const narrow = role('support', ['tool:search:read']);
    expect(widened(having(narrow), estate)).toEqual([
      `widened ${lied} default/refund:delete < AgentRole/default/support spec.permissions["tool:refund:*"]`,
      `widened ${lied} default/refund:write < AgentRole/default/support spec.permissions["tool:refund:*"]`,
    ]);
  });

  test('Defaults changed: the agents are not edited, and the Defaults are named', () => {
    const defaults = (maxSteps: number) =>
      resource({ kind: 'Defaults', name: 'house', spec: { limits: { maxSteps } } });
    const with_ = (maxSteps: number) => writer({ limits: { maxSteps, maxToolCalls: 50, timeout: '5m' } });
    expect(widened(having(defaults(5), with_(5)), having(defaults(9), with_(9)))).toEqual([
      `widened ${lied} maxSteps 5 to 9 < Defaults/default/house spec.limits.maxSteps`,
    ]);
    expect(widened(having(defaults(5), with_(5)), having(with_(10)))).toEqual([
      `widened ${lied} maxSteps 5 to 10 < Defaults/default/house spec.limits.maxSteps`,
    ]);
  });

  test('an overlay that gives an agent another role', () => {
    const admin = role('admin', ['tool:*:*']);
    const few = role('support', []);
    expect(widened(having(few, admin), having(few, admin, writer({ roles: ['support', 'admin'] })))).toContain(
      `widened ${lied} default/search:read < Agent/default/writer spec.roles["admin"]`,
    );
  });

  test('a label dropped, by which a policy found the agent', () => {
    const tiered = policy('p', { targets: { labels: { tier: 'low' } }, tools: { deny: ['refund'] } });
    expect(widened(having(tiered, writer({}, { tier: 'low' })), having(tiered, writer({}, {})))).toContain(
      `widened ${lied} reach of AgentPolicy/default/p < Agent/default/writer metadata.labels.tier`,
    );
  });

  test('a policy cut in two for two agents, who then spend twice as much', () => {
    const two = system('triage', {
      draft: { agentRef: 'writer', edges: [] },
      check: { agentRef: 'checker', edges: [] },
    });
    const spends = (name: string, agents: readonly string[]) =>
      policy(name, { targets: { agents }, budgets: [{ scope: 'run', unit: 'tokens', limit: 100 }] });
    const both = [...having(two), agent('checker')];
    expect(
      widened(
        [...both, spends('p', ['writer', 'checker'])],
        [...both, spends('a', ['writer']), spends('b', ['checker'])],
      ),
    ).toEqual([
      'widened Agent/default/checker budget AgentPolicy/default/p#0 < AgentPolicy/default/p',
      `widened ${lied} budget AgentPolicy/default/p#0 < AgentPolicy/default/p`,
      'widened Agent/default/checker reach of AgentPolicy/default/p < AgentPolicy/default/p',
      `widened ${lied} reach of AgentPolicy/default/p < AgentPolicy/default/p`,
    ]);
  });

  test('a model that a policy left out', () => {
    const only = (allow: readonly string[]) => all('p', { models: { allow } });
    expect(widened(having(only(['other'])), having(only(['other', 'small'])))).toEqual([
      `widened ${lied} default/small < AgentPolicy/default/p spec.models.allow["small"]`,
    ]);
  });

  test('a new system: every cell that is allowed in it', () => {
    const nightly = system('nightly', { draft: { agentRef: 'writer', edges: [] } });
    const found = accessBetween(estate, having(nightly)).cells;
    expect(found.map(({ system: of, name }) => `${of} ${name}`)).toEqual([
      'default/nightly default/small',
      'default/nightly default/refund',
      'default/nightly default/refund',
      'default/nightly default/search',
    ]);
    expect(new Set(found.flatMap(({ causes }) => causes.map(({ address }) => address)))).toEqual(
      new Set(['AgentSystem/default/nightly']),
    );
  });

  test('the ceiling of a run', () => {
    const limited = (maxTokens: number) =>
      system(
        'triage',
        { draft: { agentRef: 'writer', edges: [] } },
        { spec: { limits: { timeout: '30m', maxTokens } } },
      );
    expect(widened(having(limited(10)), having(limited(20)))).toEqual([
      'widened AgentSystem/default/triage run.maxTokens 10 to 20 < AgentSystem/default/triage spec.limits.maxTokens',
    ]);
  });
});

describe('attribution', () => {
  test('names the place of what changed, not of what it bears on', () => {
    const narrow = role('support', ['tool:search:read'], { file: 'roles/support.yaml', line: 4 });
    const wide = role('support', ['tool:search:read', 'tool:refund:*'], { file: 'roles/support.yaml', line: 4 });
    const [cell] = accessBetween(having(narrow), having(wide)).cells;
    expect(cell?.causes).toEqual([
      {
        address: 'AgentRole/default/support',
        place: { file: 'roles/support.yaml', line: 4, column: 1 },
        fields: ['spec.permissions["tool:refund:*"]'],
      },
    ]);
  });

  test('of several changes only the one that matters is named', () => {
    const other = all('p', { limits: { maxSteps: 3 } });
    const prompt = writer({ prompt: 'Help more.' });
    expect(widened(having(deny, all('p', { limits: { maxSteps: 2 } })), having(other, prompt))).toContain(
      `widened ${lied} default/refund:write < AgentPolicy/default/no-refunds`,
    );
  });

  test('two roles that each grant it are named together, and no third change', () => {
    const none = [role('a', []), role('b', []), role('c', []), writer({ roles: ['a', 'b', 'c'] })];
    const two = [
      role('a', ['tool:search:read']),
      role('b', ['tool:search:*']),
      role('c', ['tool:other:read']),
      writer({ roles: ['a', 'b', 'c'] }),
    ];
    expect(widened(having(...none), having(...two))).toEqual([
      `widened ${lied} default/search:read < AgentRole/default/a spec.permissions["tool:search:read"] + AgentRole/default/b spec.permissions["tool:search:*"]`,
    ]);
  });
});
