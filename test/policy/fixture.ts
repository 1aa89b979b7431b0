import type { Bundle, BundleAgent, BundleModel, BundleTool } from '../../src/manifest/bundle.ts';
import { argumentSchemas } from '../../src/policy/arguments.ts';
import type { Budget, SubjectAuthority, Verdict } from '../../src/policy/authority.ts';
import type { GateCall, GateContext, ModelGateCall, Spent, ToolGateCall, Usage } from '../../src/policy/context.ts';
import type { ReasonCode } from '../../src/policy/reason.ts';

export const allowed: Verdict = { kind: 'allow', rule: 'AgentRole/default/support' };

export function toolNamed(name: string, change: Partial<BundleTool> = {}): BundleTool {
  return {
    name,
    description: `The tool ${name}.`,
    inputSchema: {
      type: 'object',
      properties: { id: { type: 'string', pattern: '^[a-z0-9-]+$' }, amount: { type: 'integer', enum: [1, 2, 3] } },
      required: ['id'],
      additionalProperties: false,
    },
    operations: ['read'],
    idempotent: false,
    timeoutMs: 30_000,
    maxResultBytes: 1024,
    costPerCall: 0,
    impl: { type: 'builtin', name: 'echo' },
    ...change,
  };
}

const model: BundleModel = {
  provider: 'scripted',
  model: 'small',
  allowPrivate: false,
  parameters: { maxOutputTokens: 1000 },
  pricing: { inputPerMTok: 3_000_000, outputPerMTok: 15_000_000 },
};

export const bundle: Bundle = {
  engineSchema: 1,
  system: 'default/desk',
  input: {},
  nodes: {},
  entries: [],
  limits: { maxTokens: 100_000, timeoutMs: 1_800_000 },
  agents: {
    'default/support': {
      model: 'default/small',
      prompt: 'Help.',
      tools: { search: 'default/search', refund: 'default/refund' },
      limits: { maxSteps: 10, maxToolCalls: 50, timeoutMs: 300_000 },
      execution: { onDeny: 'inform', maxDenials: 3 },
    },
    'default/other': {
      model: 'default/small',
      prompt: 'Help.',
      tools: { delete: 'default/delete' },
      limits: { maxSteps: 10, maxToolCalls: 50, timeoutMs: 300_000 },
      execution: { onDeny: 'inform', maxDenials: 3 },
    },
  },
  models: {
    'default/small': model,
  },
  tools: {
    'default/search': toolNamed('search'),
    'default/refund': toolNamed('refund', { operations: ['write'], costPerCall: 5 }),
    'default/delete': toolNamed('delete'),
  },
  secrets: {},
};

export const authority: SubjectAuthority = {
  models: { 'default/small': allowed },
  tools: { 'default/search': allowed, 'default/refund': allowed, 'default/delete': allowed },
  limits: { maxSteps: 10, maxToolCalls: 50, timeoutMs: 300_000 },
  budgets: [],
};

export const unused: Usage = {
  step: { modelCalls: 0, toolCalls: 0, denials: 0, tokens: 0, cost: 0, repeated: new Map() },
  run: { tokens: 0, cost: 0 },
  budgets: new Map(),
};

/** A context in which everything is allowed, changed in one place. */
export function contextWith(change: Partial<GateContext> = {}): GateContext {
  const base = change.bundle ?? bundle;
  return {
    clock: { lost: false, cancelled: false, overdue: false },
    bundle: base,
    schemas: argumentSchemas(base),
    pinned: authority,
    live: authority,
    usage: unused,
    ...change,
  };
}

export function usageWith(change: {
  step?: Partial<Usage['step']>;
  run?: Usage['run'];
  budgets?: Usage['budgets'];
}): Usage {
  return { ...unused, ...change, step: { ...unused.step, ...change.step } };
}

export const toolCall: ToolGateCall = {
  kind: 'tool',
  subject: 'Agent/default/support',
  name: 'search',
  arguments: '{"id":"t-1"}',
};

export const modelCall: ModelGateCall = {
  kind: 'model',
  subject: 'Agent/default/support',
  model: 'default/small',
  inputTokens: 100,
};

/** What only one check refuses, and the same call one step on its right side. */
export interface Branch {
  readonly reason: ReasonCode;
  readonly name: string;
  readonly refused: readonly [GateCall, GateContext];
  readonly passes: readonly [GateCall, GateContext];
}

export const denied: Verdict = { kind: 'deny', reason: 'policy.denied', rule: 'AgentPolicy/default/no-search' };
export const notGranted: Verdict = { kind: 'deny', reason: 'policy.not_granted', rule: 'tool:search:read' };
export const noTools: SubjectAuthority = { ...authority, tools: {} };

export function withTools(tools: SubjectAuthority['tools']): SubjectAuthority {
  return { ...authority, tools: { ...authority.tools, ...tools } };
}

export function withLimits(limits: Partial<SubjectAuthority['limits']>): SubjectAuthority {
  return { ...authority, limits: { ...authority.limits, ...limits } };
}

export function withBudget(unit: Budget['unit'], limit: number): SubjectAuthority {
  return { ...authority, budgets: [{ id: 'AgentPolicy/default/spend#0', scope: 'run', unit, limit }] };
}

export function spent(change: Partial<Spent>): Usage {
  return usageWith({
    budgets: new Map([['AgentPolicy/default/spend#0', { calls: 0, tokens: 0, cost: 0, ...change }]]),
  });
}

/** The bundle with its one model changed. */
export function withModel(change: (model: BundleModel) => BundleModel): Bundle {
  return { ...bundle, models: { 'default/small': change(model) } };
}

/** The bundle with its agents' way of executing changed. */
export function withAgent(execution: Partial<BundleAgent['execution']>): Bundle {
  const agents = Object.entries(bundle.agents).map(([name, agent]) => [
    name,
    { ...agent, execution: { ...agent.execution, ...execution } },
  ]);
  return { ...bundle, agents: Object.fromEntries(agents) };
}
