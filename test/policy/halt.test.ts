import { expect, test } from 'vitest';
import type { GateCall, GateContext } from '../../src/policy/context.ts';
import { decide } from '../../src/policy/gate.ts';
import { haltDenial } from '../../src/policy/halt.ts';
import type { HaltScope } from '../../src/policy/halt-scope.ts';
import { bundleOfServer, contextWithHalts, haltOf } from './branches-halts.ts';
import { bundle, modelCall, toolCall, usageWith } from './fixture.ts';

const isHalted = (call: GateCall, scope: HaltScope, change: Partial<GateContext> = {}) => {
  const decision = decide(call, contextWithHalts([haltOf(scope)], change));
  return decision.kind === 'deny' && decision.reason === `halt.${scope.kind}`;
};

test('what runs inside of a halted system, or for an agent that is halted, is halted too', () => {
  const nested = [{ system: 'default/inner', limits: {}, tokens: 0, cost: 0 }];
  expect(isHalted(toolCall, { kind: 'system', name: 'default/inner' })).toBe(false);
  expect(isHalted(toolCall, { kind: 'system', name: 'default/inner' }, { usage: { ...usageWith({}), nested } })).toBe(
    true,
  );
  expect(isHalted(toolCall, { kind: 'system', name: 'default/desk' }, { usage: { ...usageWith({}), nested } })).toBe(
    true,
  );
  const handedOn = [{ subject: 'Agent/sales/boss', depth: 1, max: 3 }] as const;
  expect(isHalted(modelCall, { kind: 'agent', name: 'sales/boss' })).toBe(false);
  expect(isHalted(modelCall, { kind: 'agent', name: 'sales/boss' }, { handedOn })).toBe(true);
  expect(isHalted(modelCall, { kind: 'namespace', name: 'sales' }, { handedOn })).toBe(true);
});

test('a halted MCP server, or namespace of one, stops its tools by whatever name they are called', () => {
  const change = { bundle: bundleOfServer };
  expect(isHalted(toolCall, { kind: 'server', name: 'ops/files' }, change)).toBe(true);
  expect(isHalted(toolCall, { kind: 'namespace', name: 'ops' }, change)).toBe(true);
  expect(isHalted(toolCall, { kind: 'server', name: 'default/files' }, change)).toBe(false);
  expect(isHalted(toolCall, { kind: 'server', name: 'ops/files' })).toBe(false);
  const decision = decide(toolCall, contextWithHalts([haltOf({ kind: 'server', name: 'ops/files' })], change));
  expect(decision).toMatchObject({ kind: 'deny', reason: 'halt.server', message: 'ann halted server/ops/files.' });
});

test('work is not handed to a halted agent', () => {
  const support = bundle.agents['default/support'];
  if (support === undefined) throw new TypeError('the fixture has its agent');
  const helper = { agent: 'ops/helper', description: 'Helps.', interaction: 'toolCall', isolation: 'shared' } as const;
  const handing = { ...bundle, agents: { ...bundle.agents, 'default/support': { ...support, agents: { helper } } } };
  const call = { ...toolCall, name: 'helper', arguments: '{"task":"x"}' };
  expect(isHalted(call, { kind: 'agent', name: 'ops/helper' }, { bundle: handing })).toBe(true);
  expect(isHalted(call, { kind: 'namespace', name: 'ops' }, { bundle: handing })).toBe(true);
  expect(isHalted({ ...call, name: 'nobody' }, { kind: 'namespace', name: 'ops' }, { bundle: handing })).toBe(false);
});

test('a halted namespace of a memory stops who asks it: tools, and pawl itself for a session', () => {
  const impl = { type: 'memory', memory: 'ops/notes', operation: 'read' } as const;
  const tools = Object.fromEntries(Object.entries(bundle.tools).map(([id, tool]) => [id, { ...tool, impl }]));
  const change = { bundle: { ...bundle, tools } };
  expect(isHalted(toolCall, { kind: 'namespace', name: 'ops' }, change)).toBe(true);
  expect(isHalted(toolCall, { kind: 'namespace', name: 'ops' })).toBe(false);
  const question = { kind: 'session', subject: 'Agent/default/support', memory: 'ops/notes' } as const;
  const deniedBy = (scope: HaltScope) => haltDenial(question, contextWithHalts([haltOf(scope)]))?.reason;
  expect(deniedBy({ kind: 'namespace', name: 'ops' })).toBe('halt.namespace');
  expect(deniedBy({ kind: 'agent', name: 'default/support' })).toBe('halt.agent');
  expect(deniedBy({ kind: 'agent', name: 'default/other' })).toBeUndefined();
  expect(haltDenial(question, contextWithHalts(undefined))?.reason).toBe('halt.unreadable');
});

test('of several halts the one that has the run wait is named, then the widest', () => {
  const tool = haltOf({ kind: 'tool', name: 'default/search' });
  const refusing = haltOf({ kind: 'global' }, { denies: true });
  const system = haltOf({ kind: 'system', name: 'default/desk' });
  const ruleOf = (...halts: readonly ReturnType<typeof haltOf>[]) => {
    const decision = decide(toolCall, contextWithHalts(halts));
    return decision.kind === 'deny' ? decision.rule : undefined;
  };
  expect(ruleOf(tool, refusing)).toBe('halt/h-tool');
  expect(ruleOf(tool, system)).toBe('halt/h-system');
  expect(ruleOf(system, tool)).toBe('halt/h-system');
});

test('a plan’s question, which knows of no halts, is answered without them', () => {
  const { halts: _halts, ...context } = contextWithHalts(undefined);
  expect(decide(toolCall, context)).toMatchObject({ kind: 'allow' });
});

test('a halted call names who halted what, and neither the reason nor an argument', () => {
  const decision = decide(
    toolCall,
    contextWithHalts([haltOf({ kind: 'tool', name: 'default/search' }, { reason: 'leak of 4711' })]),
  );
  expect(decision).toMatchObject({ message: 'ann halted tool/default/search.' });
});
