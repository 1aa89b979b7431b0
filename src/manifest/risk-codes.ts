/** The names of the risk classes R1 to R13, in their order. */
export const riskNames: readonly string[] = [
  'access.widened',
  'approval.removed',
  'policy.coverage_lost',
  'budget.widened',
  'egress.new_host',
  'code.exec_changed',
  'secret.new_consumer',
  'model.changed',
  'trigger.widened',
  'data.loss',
  'prompt.suspicious',
  'tool.contract_changed',
  'control.self_modify',
];
