import { digest } from '../../src/manifest/digest.ts';
import type { Json, JsonObject } from '../../src/manifest/json.ts';
import type { Resource } from '../../src/manifest/resource.ts';
import type { Plan } from '../../src/plan/change.ts';
import { plan } from '../../src/plan/plan.ts';
import { agent, inSync, model, optionsOf, policy, role, snapshotOf, system, tool } from './fixture.ts';

/** What orders one input: by it, files are read, rows come and keys are written. */
export type Order = <T>(entries: readonly T[]) => readonly T[];

/** One plan with a change of each kind, with everything that has an order in the order that is asked for. */
export function planInOrder(order: Order): Plan {
  const before = order(sides('brief', ['tool:search:read'], true).map((one) => rewritten(one, order)));
  const after = order(
    sides('very brief', ['tool:search:read', 'tool:search:write'], false).map((one) => rewritten(one, order)),
  );
  return plan(snapshotOf(after), inSync(before), optionsOf(order([...before, ...after])));
}

function sides(style: string, permissions: readonly string[], isBefore: boolean): readonly Resource[] {
  const pricing = { inputPerMTok: 150_000, outputPerMTok: isBefore ? 600_000 : 700_000 };
  return [
    model('small', { pricing }),
    tool('search', { operation: ['read', 'write'] }),
    tool(isBefore ? 'old' : 'new'),
    role('support', permissions),
    policy('spending', { budgets: [{ scope: 'run', unit: 'tokens', limit: isBefore ? 10_000 : 20_000 }] }),
    agent('writer', {
      tools: [{ toolRef: 'search' }],
      roles: ['support'],
      prompt: `You answer. Be ${style}.\nÄ 界 😀\n`,
    }),
    agent('clerk', { tools: [{ toolRef: 'search' }], roles: ['support'] }),
    system('triage', {
      draft: { agentRef: 'writer', edges: [{ to: 'check' }] },
      check: { agentRef: 'clerk', edges: [] },
    }),
  ];
}

/** The same resource with the keys of its manifest written in another order. */
function rewritten(one: Resource, order: Order): Resource {
  const manifest = reordered(one.manifest, order) as JsonObject;
  return { ...one, manifest, digest: digest(manifest) };
}

function reordered(value: Json, order: Order): Json {
  if (Array.isArray(value)) return value.map((entry: Json) => reordered(entry, order));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(order(Object.entries(value)).map(([key, entry]) => [key, reordered(entry, order)]));
}
