import type { JsonObject } from '../../src/manifest/json.ts';
import type { Resource, Snapshot } from '../../src/manifest/resource.ts';
import { ordinaryRules, type Rules } from '../../src/manifest/rules.ts';
import type { Plan } from '../../src/plan/change.ts';
import { plan } from '../../src/plan/plan.ts';
import type { Risk } from '../../src/plan/risk.ts';
import { agent, inSync, model, optionsOf, role, snapshotOf, system, tool } from './fixture.ts';

export function planned(
  before: readonly Resource[],
  after: readonly Resource[],
  { rules = ordinaryRules, target = rules }: { readonly rules?: Rules; readonly target?: Rules } = {},
): Plan {
  const snapshot: Snapshot = snapshotOf(after);
  const environment = { ...snapshot.environment, rules: target };
  return plan({ ...snapshot, environment }, inSync(before, { rules }), optionsOf(before));
}

export function risks(...words: Parameters<typeof planned>): readonly Risk[] {
  return planned(...words).risks;
}

export function ids(found: readonly Risk[]): readonly string[] {
  return found.map(({ class: kind }) => kind);
}

export const grouped: Rules = {
  ...ordinaryRules,
  groups: {
    security: { github: { users: ['sam'] } },
    platform: { github: { users: ['pat'] } },
    support: { github: { users: ['sue'] } },
  },
};

export const base = (spec: JsonObject = {}, granted: readonly string[] = ['tool:search:write']): Resource[] => [
  model('small'),
  tool('search'),
  tool('refund'),
  role('worker', granted),
  agent('writer', { tools: [{ toolRef: 'search' }, { toolRef: 'refund' }], roles: ['worker'], ...spec }),
  system('desk', { work: { agentRef: 'writer', edges: [] } }),
];
