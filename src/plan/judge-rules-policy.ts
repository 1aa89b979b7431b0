import {
  added,
  fewer,
  fewerEntries,
  fewerHosts,
  lower,
  more,
  moreConditions,
  moreFlow,
  morePatterns,
  never,
  removed,
  stillAsks,
  stillAsksByRule,
  stricterApproval,
  tightening,
  tighterAccounts,
  toFalse,
} from './judge-narrowing.ts';
import { cells, judge, type JudgeTable, limits, prose } from './judge-rule.ts';

// What restricts calls: policies, permissions, guards and gateways.

const approval = judge('approval.rule', stricterApproval, 'who approves, and for how long it holds');

export const agentPolicyRules: JudgeTable = {
  'spec.description': prose,
  'spec.owner': prose,
  'spec.targets': { shown: 'coverage' },
  'spec.global': { shown: 'coverage' },
  'spec.mode': judge('policy.mode', tightening('audit', 'enforce'), 'whether it restricts or only records'),
  'spec.models.allow': cells,
  'spec.models.deny': judge('policy.models', more, 'which models are called'),
  'spec.models.maxOutputTokens': judge('policy.models', lower, 'how long an answer may be'),
  'spec.tools': cells,
  'spec.operations.deny': cells,
  'spec.operations.ask': judge('policy.ask', stillAsks, 'which calls wait for an approval'),
  'spec.budgets': judge('policy.budgets', tighterAccounts('scope', 'unit', 'window'), 'what may be spent'),
  'spec.limits': limits,
  'spec.limits.maxCost': judge('policy.limits', lower, 'what a step may cost'),
  'spec.limits.maxDelegationDepth': judge('policy.limits', lower, 'how deep work is handed on'),
  'spec.rates': judge('policy.rates', tighterAccounts('key', 'window'), 'how often calls are made'),
  'spec.egress': judge('policy.egress', fewerHosts, 'where tools may connect to'),
  'spec.egress.hosts': judge('policy.egress', fewerHosts, 'where tools may connect to'),
  'spec.isolation': judge('policy.isolation', added, 'how strongly tools are kept apart'),
  'spec.isolation.min': judge(
    'policy.isolation',
    tightening(undefined, 'inline', 'process', 'sandbox', 'container', 'wasm'),
    'how strongly tools are kept apart',
  ),
  'spec.flow': judge('policy.flow', moreFlow, 'what a run may still do with what it has read'),
  'spec.conditions': judge('policy.condition', moreConditions, 'which arguments pass'),
  'spec.guards': judge('policy.guard', more, 'what is looked for in calls and results'),
  'spec.gateways.require': judge('policy.gateway', more, 'which calls must go through a gateway'),
  'spec.gateways.allow': judge('policy.gateway', fewer(), 'through which gateways calls may go'),
  'spec.approval': approval,
};

export const toolPermissionRules: JudgeTable = {
  'spec.description': prose,
  'spec.toolRef': cells,
  'spec.required': cells,
  'spec.match': cells,
  'spec.agents': cells,
  'spec.global': cells,
  'spec.rules': judge('permission.ask', stillAsksByRule, 'which calls wait for an approval'),
  'spec.approval': approval,
};

export const guardRules: JudgeTable = {
  'spec.description': prose,
  'spec.owner': prose,
  'spec.mode': judge('guard.rule', more, 'when it looks'),
  'spec.calls': judge('guard.rule', more, 'which calls it looks at'),
  'spec.provider': judge('guard.rule', never, 'what is looked for, and by whom'),
  'spec.provider.regex.patterns': judge('guard.rule', morePatterns, 'what is looked for'),
  'spec.action': judge('guard.rule', tightening('audit', 'mask', 'block'), 'what becomes of what it finds'),
  'spec.timeout': { nothing: 'a guard that takes longer closes' },
  'spec.failure': judge('guard.rule', never, 'what becomes of a call when it fails'),
};

export const gatewayRules: JudgeTable = {
  'spec.description': prose,
  'spec.owner': prose,
  'spec.type': judge('gateway.rule', never, 'what it passes on'),
  'spec.class': judge('gateway.rule', never, 'what serves it'),
  'spec.url': judge('gateway.rule', never, 'where calls are sent'),
  'spec.provider': judge('gateway.rule', never, 'which protocol it speaks'),
  'spec.auth': judge('gateway.rule', removed, 'as whom it is called'),
  'spec.allowPrivate': judge('gateway.rule', toFalse, 'whether a private address is reached'),
  'spec.exposes': judge('gateway.exposes', fewerEntries, 'which agents are called from outside'),
};
