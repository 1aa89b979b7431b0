import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/manifest/json.ts';
import type { Halt, HaltScope } from '../../src/policy/halt-scope.ts';
import { serverHalt } from '../../src/policy/halt.ts';
import { serverAlone } from '../../src/policy/server-alone.ts';
import { mapOf, policy, resource, server } from '../plan/fixture.ts';

const everybody = (spec: JsonObject, name = 'all') => policy(name, { global: true, ...spec });
const remote = server('tickets', {});
const program = server('tickets', {}, { url: null, transport: 'stdio', command: 'npx', args: [] });
const edge = resource({
  kind: 'Gateway',
  name: 'edge',
  spec: { type: 'tool', url: 'https://edge.example.com', allowPrivate: false },
});
const behind = server('tickets', {}, { url: 'https://edge.example.com/tickets', gatewayRef: 'edge' });

describe('a server that is asked for its tools, held to the policies for everybody', () => {
  const refused = (one: typeof remote, ...policies: (typeof remote)[]) =>
    serverAlone(one, mapOf([one, edge, ...policies])).refused;

  test('is not asked where they want a gateway and it has none', () => {
    const wants = everybody({ gateways: { require: ['tool'] } });
    expect(refused(remote, wants)).toBe('AgentPolicy/default/all wants tools to be called through a gateway.');
    expect(refused(behind, wants)).toBeUndefined();
    expect(refused(remote, everybody({ gateways: { require: ['model'] } }))).toBeUndefined();
  });

  test('is not asked through a gateway that they do not allow', () => {
    const other = everybody({ gateways: { allow: ['other'] } });
    expect(refused(behind, other)).toBe('AgentPolicy/default/all does not allow Gateway/default/edge.');
    expect(refused(behind, everybody({ gateways: { allow: ['edge'] } }))).toBeUndefined();
  });

  test('is asked whatever policies on trial, or for some, say of gateways', () => {
    const trial = everybody({ mode: 'audit', gateways: { require: ['tool'] } });
    const some = policy('some', { targets: { agents: ['writer'] }, gateways: { require: ['tool'] } });
    expect(refused(remote, trial, some)).toBeUndefined();
  });

  test('runs in no weaker tier than their strongest floor', () => {
    const min = (...policies: (typeof remote)[]) => {
      const { server: alone } = serverAlone(program, mapOf([program, ...policies]));
      return alone.transport === 'http' ? undefined : alone.isolation.min;
    };
    expect(min()).toBe('process');
    expect(min(everybody({ isolation: { min: 'sandbox' } }), everybody({ isolation: { min: 'container' } }, 'b'))).toBe(
      'container',
    );
    expect(min(everybody({ isolation: { min: 'inline' } }))).toBe('process');
    expect(min(everybody({ mode: 'audit', isolation: { min: 'container' } }))).toBe('process');
  });
});

describe('a switch that has a server', () => {
  const halt = (scope: HaltScope, id = '1'): Halt => ({ id, scope, reason: 'because', by: 'ann', aborts: false });

  test.each<[HaltScope, string | undefined]>([
    [{ kind: 'global' }, 'ann halted global.'],
    [{ kind: 'environment', name: 'prod' }, 'ann halted environment/prod.'],
    [{ kind: 'namespace', name: 'support' }, 'ann halted namespace/support.'],
    [{ kind: 'namespace', name: 'supp' }, undefined],
    [{ kind: 'server', name: 'support/tickets' }, 'ann halted server/support/tickets.'],
    [{ kind: 'server', name: 'support/other' }, undefined],
    [{ kind: 'tool', name: 'support/tickets' }, undefined],
  ])('%o: %s', (scope, said) => {
    expect(serverHalt('support/tickets', [halt(scope)])).toBe(said);
  });

  test('is said of the widest, and switches that cannot be read count as active', () => {
    const both = [halt({ kind: 'server', name: 'a/b' }), halt({ kind: 'global' }, '2')];
    expect(serverHalt('a/b', both)).toBe('ann halted global.');
    expect(serverHalt('a/b', [])).toBeUndefined();
    expect(serverHalt('a/b', undefined)).toMatch(/cannot be read/);
  });
});
