import { exitCodes, isPawlError, TerminalError } from '../errors.ts';
import { type Problem, refusesPlan } from '../manifest/problem.ts';
import { ordinaryRules } from '../manifest/rules.ts';
import type { Address, EnvironmentSettings, Snapshot } from '../manifest/resource.ts';
import { schemaDigest } from '../manifest/schemas.gen.ts';
import type { Head, Live, Plan } from '../plan/change.ts';
import { plan } from '../plan/plan.ts';
import { type CompileCache, compileCache, compileChanged } from '../policy/compile-changed.ts';
import type { Repository } from '../source/repository.ts';
import { settingsAt, snapshot, SnapshotCache } from '../source/snapshot.ts';
import { workingCopyCommit } from '../source/working-copy.ts';
import { environmentAt, withOwnRules } from './environments.ts';

export interface Between {
  readonly environment: string;
  /** Commit that stands for what is live. */
  readonly base: string;
  /** Commit that is planned. */
  readonly commit: string;
  /** Reads uncommitted files instead of the commit's. */
  readonly workingCopy?: Repository;
}

/** A plan that no database was asked for, and what the base side of it could not say. */
export interface PlannedBetween {
  readonly plan: Plan;
  /** Errors of the base: what they are in looks as if it were new. */
  readonly baseErrors: readonly Problem[];
}

/**
 * What a commit changes against another, as if that one were live: by Git alone, so that it tells nothing of drift, of
 * what was acknowledged, or of runs. Paths and rules are the base's, as a plan's are those of what is live.
 */
export async function planBetween(repository: Repository, between: Between): Promise<PlannedBetween> {
  const { environment, base, commit, workingCopy = repository } = between;
  const cache = new SnapshotCache();
  const before = await settingsOf(repository, base, environment);
  const declared = before ?? (await environmentAt(workingCopy, commit, environment));
  const settings = await withOwnRules(workingCopy, declared, commit);
  const old = before && (await snapshotOf(repository, { commit: base, environment: before, cache }));
  const taken = await snapshot(workingCopy, { commit, environment: settings }, { cache });
  const bodies = new Map(Array.from(old?.resources.values() ?? [], ({ digest, manifest }) => [digest, manifest]));
  const subject = await workingCopy.subject(commit);
  // One for both sides: of the commit only what differs from the base is compiled.
  const compiled = compileCache();
  const live = liveOf(settings, old, compiled);
  const made = plan(taken, live, { bodies, subject, schemaDigest, cache: compiled });
  return {
    plan: { ...made, base: { revision: 0, root: made.base.root, commit: base } },
    baseErrors: (old?.problems ?? []).filter(({ severity }) => severity === 'error'),
  };
}

/** The environments that a commit declares; with `branch`, those that go live from it. */
export async function environmentsFrom(
  repository: Repository,
  commit: string,
  branch?: string,
): Promise<readonly string[]> {
  const { settings, problems } = await settingsAt(repository, commit);
  if (settings === undefined) throw unreadable(commit, problems);
  const { environments } = settings;
  return environments.filter((one) => branch === undefined || one.branch === branch).map(({ name }) => name);
}

/** Undefined: the base has no such environment, and its first apply is what is planned. */
async function settingsOf(
  repository: Repository,
  commit: string,
  environment: string,
): Promise<EnvironmentSettings | undefined> {
  const { settings, problems } = await settingsAt(repository, commit);
  // A base without pawl.yaml is one from before pawl; one that cannot be read would make everything look new.
  if (settings === undefined && problems.some(({ code }) => code !== 'settings.missing')) {
    throw unreadable(commit, problems);
  }
  return settings?.environments.find(({ name }) => name === environment);
}

/** Undefined: the environment was declared and there was nothing in it yet. */
async function snapshotOf(
  repository: Repository,
  { commit, environment, cache }: { commit: string; environment: EnvironmentSettings; cache: SnapshotCache },
): Promise<Snapshot | undefined> {
  try {
    return await snapshot(repository, { commit, environment }, { cache });
  } catch (error) {
    if (isPawlError(error) && error.code === 'source.empty') return undefined;
    throw error;
  }
}

function liveOf(settings: EnvironmentSettings, base: Snapshot | undefined, compiled: CompileCache): Live {
  const heads = new Map<Address, Head>();
  for (const { address, digest, place } of base?.resources.values() ?? []) {
    const { file, line } = place;
    heads.set(address, { address, generation: 1, applied: digest, live: digest, file, line, touched: undefined });
  }
  const isBroken = base?.problems.some(refusesPlan) ?? true;
  return {
    environment: settings.name,
    lineage: 'git',
    // Only whether something was applied before is asked of it; the plan that is given names the commit.
    revision: base === undefined ? 0 : 1,
    root: base?.root ?? '',
    writes: 0,
    commit: base?.commit,
    heads,
    bundles: isBroken || base === undefined ? new Map() : compileChanged(base.resources, compiled).digests,
    rules: base === undefined ? undefined : (base.environment.rules ?? ordinaryRules),
  };
}

function unreadable(commit: string, problems: readonly Problem[]): TerminalError {
  const [first] = problems;
  const why = first === undefined ? 'it is not there' : `${first.file}:${first.line}:${first.column}: ${first.message}`;
  const where = commit === workingCopyCommit ? 'of the working copy' : `at ${commit.slice(0, 7)}`;
  return new TerminalError(`pawl.yaml ${where} cannot be used: ${why}`, {
    code: 'environment.settings_invalid',
    help: 'Run `pawl validate`, correct pawl.yaml and commit it.',
    exit: exitCodes.findings,
  });
}
