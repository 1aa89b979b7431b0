import { canonicalText } from '../../src/manifest/digest.ts';
import type { Address, Resource, Snapshot } from '../../src/manifest/resource.ts';
import { rootOf } from '../../src/manifest/digest.ts';
import { accessChanges } from '../../src/plan/authority.ts';
import type { Live } from '../../src/plan/change.ts';
import { diff } from '../../src/plan/diff.ts';
import { plan } from '../../src/plan/plan.ts';
import { sidesOf } from '../../src/plan/sides.ts';
import { argumentSchemas } from '../../src/policy/arguments.ts';
import { type CompileCache, compileCache, compileChanged } from '../../src/policy/compile-changed.ts';
import { compileAuthority } from '../../src/policy/compile-authority.ts';
import { compileBundle } from '../../src/policy/compile.ts';
import type { GateCall, GateContext } from '../../src/policy/context.ts';
import { estateOf, viewOf } from '../../src/policy/estate.ts';
import { decide } from '../../src/policy/gate.ts';
import type { Bench, Contender, Measure } from './context.ts';
import { agent, estateOfSize, estateUnderPolicies, guardrail, withResource } from './p4-estate.ts';

const size = { agents: 1_000, tools: 200, manifests: 10_000 };
const policies = 300;
const cellCount = size.agents * size.tools;
const decisionsPerRound = 100_000;
const listed = Array.from({ length: size.tools }, (_, index) => ({ toolRef: `tool-${index}` }));

type Resources = ReadonlyMap<Address, Resource>;

/** P4: what deciding costs, call by call and for a whole fleet at once. */
export const bench: Bench = async (context) => {
  const figures = await context.compare([contender()]);
  const median = (metric: string): number =>
    figures.find((figure) => figure.metric === metric)?.median ?? Number.POSITIVE_INFINITY;
  const atMost = (metric: string, value: number, claim: string) => ({
    claim,
    value: median(metric),
    unit: 'ms' as const,
    met: median(metric) <= value,
  });
  return {
    title: 'deciding, and what a plan says of power',
    figures,
    targets: [
      {
        claim: 'at least 500,000 decisions a second',
        value: median('decide'),
        unit: 'per s' as const,
        met: median('decide') >= 500_000,
      },
      atMost(
        'authority compiled',
        300,
        `the authority of ${cellCount.toLocaleString('en')} cells under ${policies} policies is compiled in at most 300 ms`,
      ),
      atMost('authority diff', 1_000, `the diff of ${cellCount.toLocaleString('en')} cells takes at most 1 s`),
      atMost('plan, cold', 1_500, 'a cold plan in which every cell moves takes at most 1.5 s'),
      atMost('plan, one file', 150, 'the plan of one changed file takes at most 150 ms'),
    ],
    notes: [
      '1,000 agents that each list 200 tools, each in a system of its own; 10,000 manifests, the rest policies and permissions.',
      'Authority compiled: every cell of a fresh estate, a tenth of the policies over all agents, the rest over a tenth of them.',
      'decide: a tool call with arguments, of every agent in turn; parsing, schema, digest, rules, limits and budgets.',
      'Authority diff: a policy that reaches everything goes, so that every cell is decided on both sides and attributed.',
      'Plan, cold: the same change with nothing remembered; reading Git is P1’s. One file: a prompt, after a plan before it.',
    ],
  };
};

function contender(): Contender {
  return {
    name: '10,000 manifests',
    open: () => {
      const estate = estateOfSize(size);
      const denied = withResource(estate, guardrail(true));
      const cache = compileCache();
      // Before any clock runs: what source and store know of both.
      for (const known of [estate, denied]) liveOf(known);
      planOf(estate, estate, cache);
      let version = 0;
      return Promise.resolve({
        round: () => {
          version += 1;
          const edited = withResource(estate, agent(7, listed, `Help, version ${version}.`));
          const fresh = estateUnderPolicies(size, policies);
          // What is worked out once for a set of resources is worked out anew of these.
          const [left, compared, live, planned] = [again(denied), again(estate), again(denied), again(estate)];
          return Promise.resolve({
            'authority compiled': time(() => compileAll(fresh)),
            decide: { value: decisionsASecond(estate), unit: 'per s' as const },
            'authority diff': time(() => void accessChanges(sides(left, compared))),
            'plan, cold': time(() => void planOf(live, planned, compileCache())),
            'plan, one file': time(() => void planOf(estate, edited, cache)),
          });
        },
        close: () => Promise.resolve(),
      });
    },
  };
}

function time(work: () => void): Measure {
  const started = performance.now();
  work();
  return { value: performance.now() - started, unit: 'ms' };
}

/** Of resources that nothing was worked out for before, as after a start. */
function compileAll(resources: Resources): void {
  const estate = estateOf(resources);
  for (const one of resources.values()) {
    if (one.kind === 'AgentSystem') compileAuthority(one, viewOf(estate));
  }
}

function decisionsASecond(estate: Resources): number {
  const asked = Array.from({ length: 20 }, (_, index) => questionOf(estate, index * 50));
  const started = performance.now();
  for (let index = 0; index < decisionsPerRound; index += 1) {
    const question = asked[index % asked.length];
    if (question === undefined || decide(question.call, question.context).kind !== 'allow')
      throw new Error('a call that is granted was not allowed');
  }
  return decisionsPerRound / ((performance.now() - started) / 1_000);
}

function questionOf(estate: Resources, index: number): { readonly call: GateCall; readonly context: GateContext } {
  const system = estate.get(`AgentSystem/default/system-${index}`);
  if (system === undefined) throw new Error(`system ${index} is not there`);
  const { content, authority } = compileBundle(system, estate);
  const subject = `Agent/default/agent-${index}`;
  const call = {
    kind: 'tool',
    subject,
    name: `tool-${1 + (index % 199)}`,
    arguments: canonicalText({ query: 'orders of May' }),
  } as const;
  const usage = {
    step: { modelCalls: 1, toolCalls: 1, denials: 0, tokens: 100, cost: 0, repeated: new Map<string, number>() },
    run: { tokens: 100, cost: 0 },
    budgets: new Map(),
  };
  const clock = { lost: false, cancelled: false, overdue: false };
  const row = authority.subjects[subject];
  return {
    call,
    context: { clock, bundle: content, schemas: argumentSchemas(content), pinned: row, live: row, usage },
  };
}

function sides(before: Resources, after: Resources) {
  const [snapshot, live, bodies] = [snapshotOf(after), liveOf(before), bodiesOf(before)];
  return sidesOf(snapshot, live, { changes: diff(snapshot, live, { bodies }).changes, bodies });
}

function planOf(before: Resources, after: Resources, cache: CompileCache) {
  const options = { bodies: bodiesOf(before), subject: 'Change', schemaDigest: 'a'.repeat(64), cache };
  return plan(snapshotOf(after), liveOf(before), options);
}

const roots = new WeakMap<Resources, string>();

/** Known before a plan is made: source and store keep it. */
function rootFor(resources: Resources): string {
  const root =
    roots.get(resources) ?? rootOf(Array.from(resources.values(), (one) => [one.address, one.digest] as const));
  roots.set(resources, root);
  return root;
}

/** The same resources as another snapshot has them, so that nothing was worked out of any of them. */
function again(resources: Resources): Resources {
  const copy = new Map(Array.from(resources, ([key, resource]) => [key, { ...resource }] as const));
  roots.set(copy, rootFor(resources));
  // The store has them of the last apply: a plan reads them and does not compile what is live.
  bundles.set(copy, bundlesOf(resources));
  return copy;
}

function snapshotOf(resources: Resources): Snapshot {
  return {
    environment: { name: 'production', branch: 'main', paths: ['agents'], apply: 'auto' },
    commit: '4f2c9e1a'.repeat(5),
    tree: '91c0ffee'.repeat(5),
    resources,
    root: rootFor(resources),
    problems: [],
  };
}

function liveOf(resources: Resources): Live {
  const heads = Array.from(resources.values(), ({ address, digest, place }) => {
    const { file, line } = place;
    return [
      address,
      { address, generation: 1, applied: digest, live: digest, file, line, touched: undefined },
    ] as const;
  });
  return {
    environment: 'production',
    lineage: '00000000-0000-4000-8000-000000000001',
    revision: 1,
    root: rootFor(resources),
    writes: 1,
    commit: undefined,
    heads: new Map(heads),
    bundles: bundlesOf(resources),
    rules: undefined,
  };
}

const bundles = new WeakMap<Resources, ReadonlyMap<string, string>>();

/** What the last apply compiled, as the store keeps it. */
function bundlesOf(resources: Resources): ReadonlyMap<string, string> {
  const found = bundles.get(resources) ?? compileChanged(resources, compileCache()).digests;
  bundles.set(resources, found);
  return found;
}

function bodiesOf(resources: Resources): ReadonlyMap<string, Resource['manifest']> {
  return new Map(Array.from(resources.values(), ({ digest, manifest }) => [digest, manifest]));
}
