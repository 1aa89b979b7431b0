import type { JsonObject } from '../../src/manifest/json.ts';
import type { Resource } from '../../src/manifest/resource.ts';
import type { GateContext } from '../../src/policy/context.ts';
import { tool } from '../plan/fixture.ts';
import { granted, permission, refund, search, small, writer } from './estate.ts';
import { usageWith } from './fixture.ts';

/** What two policies say, and what comes of one call under each alone and under both. */
export interface Merge {
  /** A row of the table in docs/policies.md. */
  readonly what: string;
  readonly name: string;
  readonly one: JsonObject;
  readonly other: JsonObject;
  readonly outcomes: readonly [one: string, other: string, both: string];
  readonly call?: 'search' | 'refund' | 'model';
  readonly context?: Partial<GateContext>;
  readonly resources?: readonly Resource[];
}

export const oneRule = 'AgentPolicy/default/one';
export const otherRule = 'AgentPolicy/default/other';
const remote = tool('search', {
  type: 'http',
  operation: ['read'],
  builtin: undefined as never,
  http: { method: 'GET', url: 'https://a.example/', headers: {}, query: {} },
  egress: { hosts: ['a.example'], allowPrivate: false },
});
const outward = tool('search', { operation: ['read'], dataClass: 'externalWrite' });
/** All that a call needs, with one tool of the test. */
export const estate = (first: Resource) => [small, first, refund, granted, writer()];
const touched = { usage: { ...usageWith({}), touched: new Set(['privateRead'] as const) } };
const used = { usage: usageWith({ step: { toolCalls: 2 } }) };

const denies = 'tools.deny, models.deny, operations.deny';
const allows = 'tools.allow, models.allow';
const asks = "operations.ask, a permission's ask, an agent's requireApproval";
const limits = 'limits, models.maxOutputTokens';

export const merges: readonly Merge[] = [
  {
    what: denies,
    name: 'of tools',
    one: { tools: { deny: ['search'] } },
    other: { tools: { deny: ['refund'] } },
    outcomes: ['policy.denied', 'allow', 'policy.denied'],
  },
  {
    what: denies,
    name: 'of operations',
    one: { operations: { deny: ['write'] } },
    other: { operations: { deny: ['read'] } },
    call: 'refund',
    outcomes: ['policy.denied', 'allow', 'policy.denied'],
  },
  {
    what: denies,
    name: 'of models',
    one: { models: { deny: ['small'] } },
    other: { models: { deny: [] } },
    call: 'model',
    outcomes: ['model.not_allowed', 'allow', 'model.not_allowed'],
  },
  {
    what: allows,
    name: 'of tools',
    one: { tools: { allow: ['search'] } },
    other: { tools: { allow: ['refund'] } },
    outcomes: ['allow', 'policy.denied', 'policy.denied'],
  },
  {
    what: allows,
    name: 'absent beside empty',
    one: {},
    other: { tools: { allow: [] } },
    outcomes: ['allow', 'policy.denied', 'policy.denied'],
  },
  {
    what: allows,
    name: 'of models',
    one: { models: { allow: ['small'] } },
    other: { models: { allow: ['large'] } },
    call: 'model',
    outcomes: ['allow', 'model.not_allowed', 'model.not_allowed'],
  },
  {
    what: asks,
    name: 'of one operation',
    one: { operations: { ask: ['read'] } },
    other: { operations: { ask: ['read'] } },
    outcomes: [`ask ${oneRule}`, `ask ${otherRule}`, `ask ${oneRule} ${otherRule}`],
  },
  {
    what: asks,
    name: 'of a policy beside a permission and the agent itself',
    one: { operations: { ask: ['read'] } },
    other: {},
    resources: [
      small,
      search,
      refund,
      granted,
      writer({ tools: [{ toolRef: 'search', requireApproval: true }, { toolRef: 'refund' }] }),
      permission('send', { toolRef: 'search', global: true, rules: [{ operation: 'read', verdict: 'ask' }] }),
    ],
    outcomes: [
      `ask Agent/default/writer ${oneRule} ToolPermission/default/send`,
      'ask Agent/default/writer ToolPermission/default/send',
      `ask Agent/default/writer ${oneRule} ToolPermission/default/send`,
    ],
  },
  {
    what: 'conditions',
    name: 'that deny',
    one: { conditions: [{ name: 'c', kind: 'denyUnless', expr: 'true' }] },
    other: { conditions: [{ name: 'c', kind: 'denyUnless', expr: 'false' }] },
    outcomes: ['allow', 'policy.condition_false', 'policy.condition_false'],
  },
  {
    what: 'conditions',
    name: 'that ask',
    one: { conditions: [{ name: 'c', kind: 'askIf', expr: 'true' }] },
    other: { conditions: [{ name: 'c', kind: 'askIf', expr: 'true' }] },
    outcomes: [`ask ${oneRule}#c`, `ask ${otherRule}#c`, `ask ${oneRule}#c ${otherRule}#c`],
  },
  {
    what: 'flow',
    name: 'of two classes',
    one: { flow: [{ when: ['privateRead'], deny: 'externalWrite' }] },
    other: { flow: [{ when: ['untrustedRead'], deny: 'externalWrite' }] },
    resources: estate(outward),
    context: touched,
    outcomes: ['flow.denied', 'allow', 'flow.denied'],
  },
  {
    what: limits,
    name: 'of tool calls',
    one: { limits: { maxToolCalls: 2 } },
    other: { limits: { maxToolCalls: 3 } },
    context: used,
    outcomes: ['limit.tool_calls', 'allow', 'limit.tool_calls'],
  },
  {
    what: limits,
    name: 'of an answer',
    one: { models: { maxOutputTokens: 70 } },
    other: { models: { maxOutputTokens: 50 } },
    call: 'model',
    outcomes: ['allow 70', 'allow 50', 'allow 50'],
  },
  {
    what: 'budgets, rates',
    name: 'of a run',
    one: { budgets: [{ scope: 'run', unit: 'calls', limit: 0 }] },
    other: { budgets: [{ scope: 'run', unit: 'calls', limit: 9 }] },
    outcomes: ['budget.exhausted', 'allow', 'budget.exhausted'],
  },
  {
    what: 'egress.hosts',
    name: 'of two lists',
    one: { egress: { hosts: ['a.example', 'b.example'] } },
    other: { egress: { hosts: ['b.example'] } },
    resources: estate(remote),
    outcomes: ['allow', 'egress.denied', 'egress.denied'],
  },
  {
    what: 'isolation.min',
    name: 'of two tiers',
    one: { isolation: { min: 'inline' } },
    other: { isolation: { min: 'wasm' } },
    outcomes: ['allow', 'isolation.unavailable', 'isolation.unavailable'],
  },
  {
    what: 'gateways',
    name: 'of models and tools',
    one: { gateways: { require: ['model'] } },
    other: { gateways: { require: ['tool'] } },
    call: 'model',
    outcomes: ['gateway.required', 'allow', 'gateway.required'],
  },
  {
    what: 'mode: audit',
    name: 'beside a policy that holds',
    one: { mode: 'audit', tools: { deny: ['search'] } },
    other: { limits: { maxSteps: 9 } },
    outcomes: ['allow, would deny', 'allow', 'allow, would deny'],
  },
];
