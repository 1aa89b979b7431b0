import type { GateContext } from '../../src/policy/context.ts';
import { type Branch, authority, bundle, contextWith, toolCall } from './fixture.ts';

const caller = toolCall.subject.slice('Agent/'.length);
const agent = bundle.agents[caller];
if (agent === undefined) throw new TypeError('the fixture has its agent');
const helper = {
  agent: 'default/helper',
  description: 'Helps.',
  interaction: 'toolCall',
  isolation: 'perCall',
} as const;
const handing = { ...bundle, agents: { ...bundle.agents, [caller]: { ...agent, agents: { helper } } } };
const granted = { ...authority, agents: ['default/helper'] };
const schemas = new Map([['Agent/default/helper', () => ({ kind: 'valid' as const })]]);
const call = { ...toolCall, name: 'helper', arguments: '{"task":"x"}' };

const context = (given: Partial<GateContext> = {}) =>
  contextWith({ bundle: handing, schemas, pinned: granted, live: granted, ...given });
const handedOn = (depth: number) => context({ handedOn: [{ subject: 'Agent/default/boss', depth, max: 1 }] });

export const handOffBranches: readonly Branch[] = [
  {
    reason: 'agent.not_declared',
    name: 'a hand-off that the live revision dropped',
    refused: [call, context({ live: authority })],
    passes: [call, context()],
  },
  {
    reason: 'limit.handoff_depth',
    name: 'work that is handed on deeper than one of the chain allows',
    refused: [call, handedOn(2)],
    passes: [call, handedOn(1)],
  },
];
