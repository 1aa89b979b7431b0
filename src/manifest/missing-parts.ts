/**
 * What an author may write and this build cannot honour: kinds, fields and values (`field=value`), each with the part of
 * pawl that it waits for. It validates in full; a plan that needs it is refused. A row covers everything beneath its
 * field. Whoever lands a part moves its rows to `enforced-fields.ts`; a test fails while a field of a schema is in
 * neither table, or in both.
 */
export const missingParts: Readonly<Record<string, string>> = {
  'AlertReceiver.spec.type=email': 'alerts by mail',
  'AlertReceiver.spec.email': 'alerts by mail',
  'AlertRule.spec.metric=commitToWorkerP99Seconds': 'metrics of workers',
  'AlertRule.spec.metric=stepErrorRate': 'metrics of agents and steps',
  'AlertRule.spec.metric=agentErrorRate': 'metrics of agents and steps',
  'AlertRule.spec.metric=agentP99Seconds': 'metrics of agents and steps',
  'AlertRule.spec.metric=leaseTakeovers': 'metrics of leases',
  'AlertRule.spec.where.agents': 'metrics of agents and steps',
  'Defaults.spec.runtime.external': 'agents elsewhere by default',
  'Defaults.spec.runtime.container': 'agents in containers',
  'Agent.spec.expose': 'exposed agents',
  'Agent.spec.runtime.container': 'agents in containers',
  'Agent.spec.observability': 'observability settings',
  'Gateway.spec.type=agent': 'exposed agents',
  'Gateway.spec.class=builtin': 'exposed agents',
  'Gateway.spec.exposes': 'exposed agents',
};
