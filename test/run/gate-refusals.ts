import { environment, system } from '../support/runs.ts';
import {
  agent,
  allow,
  calls,
  clerk,
  denied,
  guarded,
  halted,
  limits,
  model,
  noMoney,
  ofServer,
  other,
  pinned,
  priced,
  rate,
  reviewed,
  says,
  tickets,
  tool,
  type Played,
  type ShownElsewhere,
} from './refusal-parts.ts';

/**
 * Every code of the gate's checks, in a whole run with a real database, a provider and a tool on the wire: nothing but
 * what is counted here reaches the tool.
 */
export const refusals: Readonly<Record<string, Played | ShownElsewhere>> = {
  'run.lease_lost': {
    file: 'test/run/tightening.test.ts',
    test: 'has one owner when the connection that holds its worker’s lease is cut, and no call is made twice',
  },
  'run.cancelled': {
    file: 'test/run/model-misbehaviour.test.ts',
    test: 'that does not answer is left within the bound when the run is cancelled',
  },
  'run.deadline': { file: 'test/run/execute.test.ts', test: 'run.deadline' },
  'halt.unreadable': { file: 'test/run/halts.test.ts', test: 'halts that cannot be read hold everything up' },
  'halt.global': halted({ kind: 'global' }),
  'halt.environment': halted({ kind: 'environment', name: environment }),
  'halt.namespace': halted({ kind: 'namespace', name: 'default' }),
  'halt.system': halted({ kind: 'system', name: system }),
  'halt.agent': halted({ kind: 'agent', name: clerk }),
  'halt.server': {
    ...halted({ kind: 'server', name: 'default/tickets' }, 'tool'),
    bundle: ofServer(reviewed),
    row: pinned({ [tickets]: reviewed }, allow),
  },
  'halt.tool': halted({ kind: 'tool', name: 'default/pay' }, 'tool'),
  'halt.provider': halted({ kind: 'provider', name: 'openaiCompatible' }),
  'halt.model': halted({ kind: 'model', name: 'default/model' }),
  'gate.authority_missing': { at: 'model', authority: (made) => ({ ...made, subjects: {} }) },
  // Rules that no build of pawl compiles: whatever the gate cannot make sense of, it refuses.
  'gate.error': { at: 'model', row: { gateways: 7 as unknown as [] } },
  'call.malformed': says('pay', '{"amount":1,"amount":1000}'),
  'call.too_large': says('pay', `{"amount":1,"note":"${'a'.repeat(300_000)}"}`),
  'tool.unknown': says('rm_rf', '{"amount":1}'),
  'tool.not_declared': says('wipe', '{"amount":1}'),
  'model.unknown': { at: 'model', bundle: agent({ model: 'default/none' }) },
  'tool.pin_missing': { at: 'tool', bundle: ofServer(undefined), row: pinned(undefined, allow) },
  'tool.pin_mismatch': { at: 'tool', bundle: ofServer(reviewed), row: pinned({ [tickets]: other }, allow) },
  'mcp.identity_mismatch': {
    at: 'tool',
    bundle: ofServer(reviewed),
    row: pinned(
      { [tickets]: reviewed },
      { kind: 'deny', reason: 'mcp.identity_mismatch', rule: 'McpServer/default/tickets' },
    ),
  },
  'args.invalid': says('pay', '{"amount":"1"}'),
  'gate.schema_error': { at: 'tool', bundle: tool({ inputSchema: { type: 5 } }) },
  'policy.denied': { at: 'tool', row: { tools: denied('policy.denied') } },
  'policy.not_granted': { at: 'tool', row: { tools: denied('policy.not_granted') } },
  'agent.not_declared': {
    at: 'tool',
    model: calls(['helper', '{"task":"Wipe it."}']),
    bundle: agent({
      agents: {
        helper: { agent: 'default/janitor', description: 'Helps.', interaction: 'toolCall', isolation: 'perCall' },
      },
    }),
    row: { agents: [] },
  },
  'model.not_allowed': {
    at: 'model',
    row: {
      models: { 'default/model': { kind: 'deny', reason: 'model.not_allowed', rule: 'AgentPolicy/default/house' } },
    },
  },
  'model.param_denied': { at: 'model', bundle: model({ parameters: { maxOutputTokens: 1_000, temperature: 9 } }) },
  'isolation.unavailable': {
    at: 'tool',
    bundle: (bundle, { effects, model: base }) =>
      tool({
        impl: {
          type: 'cli',
          command: '/usr/bin/curl',
          args: [effects],
          env: [],
          isolation: { min: 'sandbox', filesystem: 'readOnly' },
        },
      })(bundle, { effects, model: base }),
  },
  'egress.denied': { at: 'tool', row: { egress: [{ rule: 'AgentPolicy/default/house', hosts: ['example.com'] }] } },
  'gateway.required': { at: 'tool', row: { gateways: [{ rule: 'AgentPolicy/default/house', require: ['tool'] }] } },
  'gateway.not_allowed': {
    at: 'model',
    bundle: (bundle, at) => model({ gateway: { gateway: 'default/mine', url: at.model } })(bundle, at),
    row: { gateways: [{ rule: 'AgentPolicy/default/house', require: [], allow: ['default/theirs'] }] },
  },
  'policy.condition_false': {
    at: 'tool',
    row: { conditions: [{ id: 'AgentPolicy/default/house#more', kind: 'denyUnless', expr: 'args.amount > 5' }] },
  },
  'gate.condition_error': {
    at: 'tool',
    row: { conditions: [{ id: 'AgentPolicy/default/house#more', kind: 'denyUnless', expr: 'args.other > 5' }] },
  },
  'flow.denied': {
    at: 'tool',
    row: { flow: [{ id: 'AgentPolicy/default/house#out', when: [], what: 'deny', target: 'externalWrite' }] },
  },
  'context.too_large': {
    at: 'result',
    ends: 'failed',
    model: [{ status: 400, body: '{"error":{"message":"too long","code":"context_length_exceeded"}}' }],
  },
  'guard.blocked': guarded({ type: 'regex', patterns: [{ name: 'card', pattern: '471100', replacement: '' }] }),
  'guard.failed': guarded({ type: 'http', url: 'http://127.0.0.1:1/', allowPrivate: true }),
  'limit.tool_calls': { at: 'tool', row: { limits: { ...limits, maxToolCalls: 0 } }, ends: 'failed' },
  'limit.repetition': {
    at: 'tool',
    model: () => ({ toolCalls: [{ name: 'pay', arguments: '{"amount":1}' }] }),
    bundle: agent({ limits: { ...limits, maxSteps: 40, maxToolCalls: 40 } }),
    row: { limits: { ...limits, maxSteps: 40, maxToolCalls: 40 } },
    effects: 19,
    ends: 'failed',
  },
  'limit.handoff_depth': { file: 'test/run/hand-off.test.ts', test: 'limit.handoff_depth' },
  'call.duplicate': {
    at: 'tool',
    model: calls(['pay', '{"amount":1}'], ['pay', '{"amount": 1.0}']),
    bundle: agent({ execution: { onDeny: 'inform', maxDenials: 20, duplicateCalls: 'deny' } }),
    effects: 1,
  },
  'limit.steps': { at: 'model', model: calls(['rm_rf', '{}']), row: { limits: { ...limits, maxSteps: 1 } } },
  'limit.denials': {
    at: 'model',
    model: calls(['rm_rf', '{}']),
    bundle: agent({ execution: { onDeny: 'inform', maxDenials: 0 } }),
  },
  'rate.tool': {
    at: 'tool',
    model: calls(['pay', '{"amount":1}'], ['pay', '{"amount":2}']),
    row: { rates: [{ ...rate, key: 'tool' }] },
    effects: 1,
  },
  'rate.model': { at: 'model', model: calls(['rm_rf', '{}']), row: { rates: [{ ...rate, key: 'model' }] } },
  'approval.denied': {
    file: 'test/run/approving.test.ts',
    test: 'is denied: a tool node fails by it, and an agent is told neutrally and goes on',
  },
  'approval.expired': {
    file: 'test/run/approving.test.ts',
    test: 'is denied when nobody decides in time: omission never approves',
  },
  'approval.mismatch': {
    file: 'test/run/approving.test.ts',
    test: 'is void once the rules have changed: people are asked about the action as it is',
  },
  'limit.tokens': { at: 'model', row: { limits: { ...limits, maxTokens: 1 } } },
  'limit.cost': {
    at: 'tool',
    bundle: (bundle, at) => tool({ costPerCall: 5 })(priced(bundle, at), at),
    row: { limits: { ...limits, maxCost: 4 } },
    ends: 'failed',
  },
  'budget.exhausted': {
    at: 'model',
    row: { budgets: [{ id: 'AgentPolicy/default/house#0', scope: 'run', unit: 'calls', limit: 0 }] },
  },
  'budget.price_unknown': { at: 'model', row: { budgets: [noMoney] } },
  'gate.conflict': { file: 'test/run/approving.test.ts', test: 'gate.conflict' },
  'secret.unavailable': {
    at: 'result',
    bundle: (bundle, at) => {
      const secrets = { 'default/crm': { source: 'env', keys: { token: 'PAWL_SECRET_CRM' } } } as const;
      const impl = bundle.tools['default/pay']?.impl;
      if (impl?.type !== 'http') throw new TypeError('pay is an HTTP tool');
      const auth = { profile: 'bearer', secret: { secret: 'default/crm', key: 'token' } } as const;
      return tool({ impl: { ...impl, auth } })({ ...bundle, secrets }, at);
    },
  },
  'tool.timeout': { file: 'test/run/cancel-within.test.ts', test: 'tool.timeout' },
  'tool.failed': {
    at: 'result',
    bundle: (bundle, at) => {
      const impl = bundle.tools['default/pay']?.impl;
      if (impl?.type !== 'http') throw new TypeError('pay is an HTTP tool');
      const { origin, pathname } = new URL(at.effects);
      return tool({ impl: { ...impl, url: `${origin}/status/400${pathname}` } })(bundle, at);
    },
    effects: 1,
  },
  'model.timeout': { file: 'test/models/openai-compatible.test.ts', test: 'model.timeout' },
  'model.unavailable': { file: 'test/run/model-misbehaviour.test.ts', test: 'model.unavailable' },
  'model.response_mismatch': { file: 'test/run/model-misbehaviour.test.ts', test: 'model.response_mismatch' },
  'result.too_large': { at: 'result', bundle: tool({ maxResultBytes: 4 }), effects: 1 },
  'result.invalid': { at: 'result', bundle: tool({ outputSchema: { type: 'array' } }), effects: 1 },
  'model.response_too_large': { file: 'test/run/model-misbehaviour.test.ts', test: 'model.response_too_large' },
  'model.server_tool_denied': { file: 'test/run/model-misbehaviour.test.ts', test: 'model.server_tool_denied' },
};
