import type { JsonObject } from '../../src/manifest/json.ts';
import type { Resource } from '../../src/manifest/resource.ts';
import { compileBundle } from '../../src/policy/compile.ts';
import { agent, mapOf, model, resource, role, system, tool } from '../plan/fixture.ts';

export const triage = system('triage', { draft: { agentRef: 'writer', edges: [] } });
export const search = tool('search', { operation: ['read'] });
export const refund = tool('refund', { operation: ['delete', 'write'] });
export const writer = (spec: JsonObject = {}, labels: JsonObject = {}) =>
  agent('writer', { tools: [{ toolRef: 'search' }, { toolRef: 'refund' }], roles: ['support'], ...spec }, { labels });
export const small = model('small');
export const granted = role('support', ['tool:search:read', 'tool:refund:*']);

export const compile = (resources: readonly Resource[], one = triage) => compileBundle(one, mapOf([...resources, one]));
export const subject = (resources: readonly Resource[], address = 'Agent/default/writer', one = triage) => {
  const found = compile(resources, one).authority.subjects[address];
  if (found === undefined) throw new TypeError(`no ${address}`);
  return found;
};
export const base = [small, search, refund, granted, writer()];
export const verdict = (resources: readonly Resource[], path = 'default/search') => subject(resources).tools[path];

export const permission = (name: string, spec: JsonObject) => resource({ kind: 'ToolPermission', name, spec });
export const denied = (rule: string) => ({ kind: 'deny', reason: 'policy.denied', rule });
