import { fewerEntries, more, morePatterns, never, removed, tightening, toFalse } from './judge-narrowing.ts';
import { cells, judge, type JudgeTable, limits, prose, restrictions } from './judge-rule.ts';

// What restricts calls: policies, permissions, guards and gateways.

export const agentPolicyRules: JudgeTable = {
  'spec.description': prose,
  'spec.owner': prose,
  'spec.targets': { shown: 'coverage' },
  'spec.global': { shown: 'coverage' },
  'spec.mode': judge('policy.mode', tightening('audit', 'enforce'), 'whether it restricts or only records'),
  'spec.models.allow': cells,
  'spec.models.deny': cells,
  'spec.models.maxOutputTokens': limits,
  'spec.tools': cells,
  'spec.operations.deny': cells,
  'spec.operations.ask': cells,
  // How much is a ceiling; with whom it is shared, a restriction.
  'spec.budgets': restrictions,
  'spec.limits': limits,
  'spec.rates': restrictions,
  'spec.egress': restrictions,
  'spec.egress.hosts': restrictions,
  'spec.isolation': restrictions,
  'spec.isolation.min': restrictions,
  'spec.flow': restrictions,
  'spec.conditions': restrictions,
  'spec.guards': restrictions,
  'spec.gateways.require': restrictions,
  'spec.gateways.allow': restrictions,
  'spec.approval': restrictions,
};

export const toolPermissionRules: JudgeTable = {
  'spec.description': prose,
  'spec.toolRef': cells,
  'spec.required': cells,
  'spec.match': cells,
  'spec.agents': cells,
  'spec.global': cells,
  'spec.rules': cells,
  'spec.approval': restrictions,
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
