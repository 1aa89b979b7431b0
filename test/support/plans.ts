import { digest, rootOf } from '../../src/manifest/digest.ts';
import type { Json, JsonObject } from '../../src/manifest/json.ts';
import { ordinaryRules } from '../../src/manifest/rules.ts';
import { digestOfRules } from '../../src/manifest/rules-of.ts';
import { addressOf, type Identity } from '../../src/manifest/resource.ts';
import type { Change, Live, Plan, SystemBundle } from '../../src/plan/change.ts';
import { summaryOf } from '../../src/plan/summary.ts';

/** A resource by what tests of apply look at: its name and one value that changes. */
export interface SmallResource {
  readonly name: string;
  readonly value: Json;
  readonly kind?: 'AgentRole' | 'AgentSystem';
  /** Of a system. */
  readonly rollout?: JsonObject;
}

export function manifestOf(resource: SmallResource): JsonObject {
  const kind = resource.kind ?? 'AgentRole';
  return {
    apiVersion: 'pawl/v1',
    kind,
    metadata: { name: resource.name, namespace: 'default' },
    spec: { description: resource.value, ...(resource.rollout === undefined ? {} : { rollout: resource.rollout }) },
  };
}

export function identityOf(resource: SmallResource): Identity {
  return { kind: resource.kind ?? 'AgentRole', namespace: 'default', name: resource.name };
}

/** What plan() says of these changes, made by hand so that apply is tested by itself. */
export function planFor(live: Live, target: readonly SmallResource[], commit = 'c1'): Plan {
  const wanted = new Map(target.map((resource) => [addressOf(identityOf(resource)), resource]));
  const changes: Change[] = [];
  for (const [address, resource] of wanted) {
    const head = live.heads.get(address);
    const after = manifestOf(resource);
    if (head?.live === digest(after) && head.applied === head.live) continue;
    changes.push(changeOf(live, identityOf(resource), after));
  }
  for (const [address, head] of live.heads) {
    if (wanted.has(address)) continue;
    const [kind, namespace, name] = address.split('/');
    if (head.live === undefined && head.applied === undefined) continue;
    changes.push(changeOf(live, { kind, namespace, name } as Identity, undefined));
  }
  return assemble(live, { changes, target, commit });
}

function changeOf(live: Live, identity: Identity, after: JsonObject | undefined): Change {
  const address = addressOf(identity);
  const head = live.heads.get(address);
  const isTouched = head !== undefined && head.live !== head.applied;
  return {
    address,
    ...identity,
    action: after === undefined ? 'delete' : head?.live === undefined ? 'create' : 'update',
    class: isTouched ? 'outOfBand' : 'pending',
    place: { file: `${identity.name}.yaml`, line: 1, column: 1 },
    precondition: head?.live === undefined ? 'absent' : head.generation,
    before: undefined,
    after,
    beforeDigest: head?.live,
    afterDigest: after === undefined ? undefined : digest(after),
    fields: [],
    unchanged: 0,
    sensitive: [],
    reason: undefined,
  };
}

function assemble(
  live: Live,
  made: { readonly changes: readonly Change[]; readonly target: readonly SmallResource[]; readonly commit: string },
): Plan {
  const { changes, target, commit } = made;
  const bundles = changes.filter((change) => change.kind === 'AgentSystem' && change.after !== undefined).map(bundleOf);
  const named = changes.map(({ address, afterDigest }) => ({ address, after: afterDigest ?? null }));
  return {
    digest: digest({ environment: live.environment, revision: live.revision, changes: named }),
    environment: live.environment,
    lineage: live.lineage,
    base: { revision: live.revision, root: live.root },
    target: {
      branch: 'main',
      commit,
      tree: `tree-of-${commit}`,
      subject: `Commit ${commit}`,
      root: rootOf(target.map((resource) => [addressOf(identityOf(resource)), digest(manifestOf(resource))] as const)),
    },
    schemaDigest: digest('schema'),
    changes,
    drift: [],
    summary: summaryOf(changes),
    recompiled: { resources: [], systems: [] },
    revert: undefined,
    bundles,
    removedSystems: changes
      .filter((change) => change.kind === 'AgentSystem' && change.after === undefined)
      .map((change) => `${change.namespace}/${change.name}`),
    access: { cells: [], limits: [], coverage: [], judged: [] },
    sections: { graphs: [], prompts: [], models: [], egress: [], secrets: [] },
    risks: [],
    guards: [],
    rulesDigest: digestOfRules(ordinaryRules),
    priceDigest: digest({}),
    guardApprovers: { groups: [], users: [], min: 1 },
    targetRules: ordinaryRules,
    problems: [],
  };
}

/** A system of one builtin tool; its description carries the value, so that its digest changes with it. */
function bundleOf(change: Change): SystemBundle {
  const system = `${change.namespace}/${change.name}`;
  const content = {
    engineSchema: 1,
    system,
    input: {},
    nodes: {
      only: { kind: 'tool', tool: 'default/echo', edges: [], from: [], input: { of: change.afterDigest ?? '' } },
    },
    entries: ['only'],
    limits: { timeoutMs: 60_000 },
    agents: {},
    models: {},
    tools: {},
    secrets: {},
  } as const;
  const authority = { system, subjects: {} };
  return { system, content, authority, digest: digest({ content, authority }) };
}
