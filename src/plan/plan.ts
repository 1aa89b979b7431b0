import { digest } from '../manifest/digest.ts';
import { objectAt } from '../manifest/manifest-reference.ts';
import { compareProblems, compareText, refusesPlan } from '../manifest/problem.ts';
import type { Address, Snapshot } from '../manifest/resource.ts';
import { type CompileCache, compileCache, compileChanged } from '../policy/compile-changed.ts';
import { type AccessChanges, noAccessChanges } from './access.ts';
import { accessChanges, accessKey } from './authority.ts';
import type { Bodies, Live, Plan, SystemBundle } from './change.ts';
import { diff } from './diff.ts';
import { firstDefined } from './approvers.ts';
import { guardsOf } from './guards.ts';
import { priceDigestOf } from './prices.ts';
import { summaryOf } from './summary.ts';
import type { Override } from './override.ts';
import { withdrawnIn, type Withdrawn } from './quarantine.ts';
import { recompiledOf } from './recompiled.ts';
import { type OlderRevisions, recogniseRevert } from './revert.ts';
import type { Risk } from './risk.ts';
import { risksOf } from './risks.ts';
import { ordinaryRules, type Rules } from '../manifest/rules.ts';
import { digestOfRules } from '../manifest/rules-of.ts';
import { noSections } from './section.ts';
import { reachChanges } from './section-reach.ts';
import { sectionsOf } from './sections.ts';
import type { SensitiveFields } from './sensitive.ts';
import { type SidesOptions, sidesOf } from './sides.ts';

export interface PlanOptions {
  /** Contents for `bodiesNeeded(snapshot, live)`. */
  readonly bodies: Bodies;
  /** The commit's subject; text from outside. */
  readonly subject: string;
  readonly schemaDigest: string;
  /** For `addressesChanged(snapshot, live)`; absent: a revert is not looked for. */
  readonly older?: OlderRevisions;
  /** For `addressesChanged(snapshot, live)`: what authors had written of what is applied. */
  readonly written?: ReadonlyMap<Address, string>;
  /** Kept by the caller between plans of one environment: only systems that a change reaches are compiled again. */
  readonly cache?: CompileCache;
  /** Whose layers the snapshot was made with. */
  readonly overrides?: readonly Override[];
  /** What rollbacks withdrew: a target that holds any of it is held. */
  readonly quarantine?: readonly Withdrawn[];
  /** Set where the target is what this revision of the store holds. */
  readonly stored?: number;
  /** Of a rollback `overwrite`: what a hand changed gives way. */
  readonly conflicts?: 'block' | 'overwrite';
  /** Which fields hide their values; by default those that the schemas mark `x-sensitive`. */
  readonly sensitive?: SensitiveFields;
}

/** What applying a snapshot would do. Pure: the same inputs give the same bytes, in any order of files. */
export function plan(taken: Snapshot, live: Live, options: PlanOptions): Plan {
  const { changes: found, drift, problems: moveProblems } = diff(taken, live, options);
  const snapshot = moveProblems.length === 0 ? taken : { ...taken, problems: [...taken.problems, ...moveProblems] };
  const cache = options.cache ?? compileCache();
  const previous = cache.resources;
  const systems = planSystems(snapshot, live, cache);
  const { environment, commit, tree, root } = snapshot;
  const { revert, changes } = recogniseRevert(found, { ...options, liveRevision: live.revision });
  const judgement = judge(snapshot, live, { changes, previous, options });
  const rulesDigest = digestOfRules(judgement.rules);
  const priceDigest = priceDigestOf(snapshot);
  return {
    digest: planDigest(live, {
      changes,
      systems,
      schemaDigest: options.schemaDigest,
      rulesDigest,
      priceDigest,
      overrides: options.overrides ?? [],
      ...judgement,
    }),
    environment: environment.name,
    lineage: live.lineage,
    base: { revision: live.revision, root: live.root },
    target: { branch: environment.branch, commit, tree, root, subject: options.subject, ...storedOf(options) },
    schemaDigest: options.schemaDigest,
    changes,
    drift,
    summary: summaryOf(changes),
    recompiled: recompiledOf({ changes, ...systems, snapshot, live, bodies: options.bodies, cache }),
    revert,
    ...systems,
    access: judgement.access,
    sections: judgement.sections,
    risks: judgement.risks,
    ...quarantinedOf(snapshot, options),
    ...overridesOf(options),
    guards: guardsOf({ changes, live, target: snapshot.resources, limits: judgement.rules.guards, revert }),
    guardApprovers: firstDefined(['platform'], judgement.rules),
    rulesDigest,
    priceDigest,
    targetRules: judgement.targetRules,
    problems: [...snapshot.problems].sort(compareProblems),
  };
}

function overridesOf({ overrides = [] }: PlanOptions): Pick<Plan, 'overrides'> {
  return overrides.length === 0 ? {} : { overrides };
}

function storedOf({ stored }: PlanOptions): { readonly stored?: number } {
  return stored === undefined ? {} : { stored };
}

function quarantinedOf({ resources }: Snapshot, { quarantine = [] }: PlanOptions): Pick<Plan, 'quarantined'> {
  const quarantined = withdrawnIn(resources, quarantine);
  return quarantined.length === 0 ? {} : { quarantined };
}

interface Judgement extends Pick<Plan, 'access' | 'sections' | 'risks' | 'targetRules'> {
  readonly rules: Rules;
}

/** What the change means, by the rules of the base side. There is nothing to say of what cannot be applied. */
function judge(
  snapshot: Snapshot,
  live: Live,
  { changes, previous, options }: Pick<SidesOptions, 'changes' | 'previous'> & { readonly options: PlanOptions },
): Judgement {
  // A snapshot without rules (of the store, which keeps none) leaves those that there are.
  const targetRules = snapshot.environment.rules ?? live.rules ?? ordinaryRules;
  const isFirst = live.revision === 0;
  const rules = isFirst ? targetRules : (live.rules ?? targetRules);
  const judges = { rules, targetRules };
  if (snapshot.problems.some(refusesPlan)) {
    return { ...judges, access: noAccessChanges, sections: noSections, risks: [] };
  }
  const sides = sidesOf(snapshot, live, { changes, bodies: options.bodies, previous });
  const access = accessChanges(sides);
  const reach = reachChanges(sides, access);
  const sections = sectionsOf(sides, reach);
  const risks = risksOf({ sides, changes, access, reach, rules, targetRules, isFirst });
  return { ...judges, access, sections, risks };
}

/** Nothing to apply: rows, record and compiled systems are what the snapshot says. */
export function isUnchanged(plan: Plan): boolean {
  return plan.changes.length === 0 && plan.bundles.length === 0 && plan.removedSystems.length === 0;
}

/** Nothing for anybody to look at. A commit of rules alone changes no resource, and who may agree to the next one. */
export function isQuiet(plan: Plan): boolean {
  return isUnchanged(plan) && plan.drift.length === 0 && plan.risks.length === 0;
}

/** Never applied: the commit has errors or needs what this build lacks, or Git and live both moved a resource. */
export function isErrored({ problems, changes }: Pick<Plan, 'problems' | 'changes'>): boolean {
  return problems.some(refusesPlan) || changes.some((change) => change.class === 'conflict');
}

interface Systems {
  readonly bundles: readonly SystemBundle[];
  readonly removedSystems: readonly string[];
}

/** There is nothing to compile of what cannot be applied: what a system refers to may be missing. */
function planSystems(snapshot: Snapshot, live: Live, cache: CompileCache): Systems {
  if (snapshot.problems.some(refusesPlan)) return { bundles: [], removedSystems: [] };
  const { digests, content } = compileChanged(snapshot.resources, cache);
  const bundles: SystemBundle[] = [];
  for (const [system, compiled] of digests) {
    if (live.bundles.get(system) === compiled) continue;
    bundles.push({ system, ...content(system), ...rolledOut(system, snapshot) });
  }
  return {
    bundles: bundles.sort((a, b) => compareText(a.system, b.system)),
    removedSystems: [...live.bundles.keys()].filter((system) => !digests.has(system)).sort(compareText),
  };
}

function rolledOut(system: string, { resources }: Snapshot): Pick<SystemBundle, 'isRolledOut'> {
  const { manifest = {} } = resources.get(`AgentSystem/${system}`) ?? {};
  return objectAt(manifest, 'spec')['rollout'] === undefined ? {} : { isRolledOut: true };
}

interface DigestInputs extends Pick<Plan, 'changes' | 'schemaDigest' | 'rulesDigest' | 'priceDigest'> {
  readonly access: AccessChanges;
  readonly risks: readonly Risk[];
  readonly systems: Systems;
  readonly overrides: readonly Override[];
}

/**
 * Bundles follow from the resources, so a pull request's plan stays equal when another change of the same system went
 * live before it. Where no resource changes they are all that apply would write, and then they are what it is about.
 */
function planDigest(live: Live, inputs: DigestInputs): string {
  const { changes, schemaDigest, rulesDigest, priceDigest, systems, access, risks, overrides } = inputs;
  return digest({
    environment: live.environment,
    lineage: live.lineage,
    schemaDigest,
    rulesDigest,
    priceDigest,
    ...(overrides.length === 0 ? {} : { overrides: overrides.map(({ id }) => id) }),
    access: accessKey(access),
    risks: risks.map(({ id, content, gate }) => [id, content, gate]),
    changes: changes.map((change) => ({
      address: change.address,
      action: change.action,
      ...(change.previousAddress === undefined ? {} : { previous: change.previousAddress }),
      class: change.class,
      precondition: change.precondition,
      before: change.beforeDigest ?? null,
      after: change.afterDigest ?? null,
    })),
    ...(changes.length > 0
      ? {}
      : {
          bundles: systems.bundles.map((bundle) => [bundle.system, bundle.digest]),
          removedSystems: systems.removedSystems,
        }),
  });
}
