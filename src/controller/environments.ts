import { exitCodes, RetryableError, TerminalError } from '../errors.ts';
import type { Problem } from '../manifest/problem.ts';
import type { EnvironmentSettings } from '../manifest/resource.ts';
import type { Rules } from '../manifest/rules.ts';
import type { Repository } from '../source/repository.ts';
import { settingsAt } from '../source/snapshot.ts';
import { keyFilesAt } from './signing-keys.ts';

/**
 * What pawl.yaml says, read from each environment's own branch: HEAD only says which environments and branches there
 * are, so that a pull request's pawl.yaml, checked out here, does not rule the branch that it asks to change.
 */
export async function readEnvironments(repository: Repository): Promise<readonly EnvironmentSettings[]> {
  const head = await repository.resolve('HEAD');
  const declared = await settingsOf(repository, head);
  return Promise.all(declared.map((environment) => onItsBranch(repository, environment, head)));
}

/** What one environment's own branch says at its head. */
export interface SettingsReading {
  readonly name: string;
  readonly settings: EnvironmentSettings;
  readonly commit: string;
}

/** The same, or why it cannot be read. */
export type EnvironmentReading = SettingsReading | { readonly name: string; readonly error: unknown };

/** The same, each by itself: a branch that is gone or whose pawl.yaml is broken is no other environment's trouble. */
export async function readEachEnvironment(repository: Repository): Promise<readonly EnvironmentReading[]> {
  const head = await repository.resolve('HEAD');
  const declared = await settingsOf(repository, head);
  // Many environments are of one branch, which is asked for once.
  const heads = new Map<string, Promise<string>>();
  return Promise.all(
    declared.map(async (environment): Promise<EnvironmentReading> => {
      const { name, branch } = environment;
      try {
        const resolving = heads.get(branch) ?? repository.resolve(branch);
        heads.set(branch, resolving);
        const commit = await resolving;
        return { name, settings: await settingsAtHead(repository, environment, { commit, head }), commit };
      } catch (error) {
        return { name, error };
      }
    }),
  );
}

/** One environment's settings, as its own branch says them. */
export async function readEnvironment(repository: Repository, name: string): Promise<EnvironmentSettings> {
  const head = await repository.resolve('HEAD');
  const declared = await settingsOf(repository, head);
  return onItsBranch(repository, find(declared, name, 'HEAD'), head);
}

/** One environment's settings as a given commit says them. */
export async function environmentAt(
  repository: Repository,
  commit: string,
  name: string,
): Promise<EnvironmentSettings> {
  return find(await settingsOf(repository, commit), name, commit.slice(0, 7));
}

/**
 * The branch may have moved since its settings were read, by a fetch of the same pass or of somebody else: a commit is
 * planned, held and applied by what it says itself. Where it declares no such environment, or names another branch,
 * the next tick reads anew.
 */
export async function settingsOfHead(
  repository: Repository,
  { name, settings, commit: readAt }: SettingsReading,
  commit: string,
): Promise<EnvironmentSettings> {
  if (commit === readAt) return settings;
  const now = await environmentAt(repository, commit, name);
  if (now.branch === settings.branch) return now;
  const message = `pawl.yaml at ${commit.slice(0, 7)} of ${settings.branch} takes ${name} from ${now.branch}.`;
  throw new RetryableError(message, { code: 'plan.stale' });
}

/**
 * The settings with the rules of the commit that is planned: applied, it brings those and no other's. They judge the
 * plan after it, so that reading them of a commit that nobody has merged is harmless.
 */
export async function withOwnRules(
  repository: Repository,
  settings: EnvironmentSettings,
  commit: string,
): Promise<EnvironmentSettings> {
  try {
    const { rules } = await environmentAt(repository, commit, settings.name);
    if (rules === undefined) return settings;
    return { ...settings, rules: await withKeyFiles(repository, commit, takenFrom(settings.branch, rules)) };
  } catch (error) {
    // A commit beside the branch may know no such environment; what is on the branch was read before.
    if (error instanceof TerminalError && error.code.startsWith('environment.')) return settings;
    throw error;
  }
}

/** A commit of a branch that its own pawl.yaml does not name says nothing of having come to rule the environment. */
function takenFrom(branch: string, rules: Rules): Rules {
  const { environment } = rules;
  if (environment === undefined || environment.branch === branch) return rules;
  return { ...rules, environment: { ...environment, takenFrom: branch } };
}

/** Whoever changes the files that `signatures` names changes who may sign, whatever pawl.yaml says of it. */
async function withKeyFiles(repository: Repository, commit: string, rules: Rules): Promise<Rules> {
  const { environment } = rules;
  if (environment?.signatures.mode !== 'require') return rules;
  const { digest } = await keyFilesAt(repository, commit, environment.signatures);
  return { ...rules, environment: { ...environment, signatures: { ...environment.signatures, files: digest } } };
}

async function onItsBranch(
  repository: Repository,
  declared: EnvironmentSettings,
  head: string,
): Promise<EnvironmentSettings> {
  const commit = await repository.resolve(declared.branch);
  return settingsAtHead(repository, declared, { commit, head });
}

async function settingsAtHead(
  repository: Repository,
  declared: EnvironmentSettings,
  { commit, head }: { readonly commit: string; readonly head: string },
): Promise<EnvironmentSettings> {
  if (commit === head) return declared;
  return find(await settingsOf(repository, commit), declared.name, declared.branch);
}

/** A commit never changes, so that a tick which finds no new one reads nothing. */
const known = new WeakMap<Repository, Map<string, readonly EnvironmentSettings[]>>();
const commitsMax = 256;

async function settingsOf(repository: Repository, commit: string): Promise<readonly EnvironmentSettings[]> {
  const commits = known.get(repository) ?? new Map<string, readonly EnvironmentSettings[]>();
  known.set(repository, commits);
  const found = commits.get(commit);
  if (found !== undefined) return found;
  const { settings, problems } = await settingsAt(repository, commit);
  if (settings === undefined) throw invalidSettings(commit, problems);
  if (commits.size >= commitsMax) commits.clear();
  if (repository.kind !== 'working-copy') commits.set(commit, settings.environments);
  return settings.environments;
}

function find(declared: readonly EnvironmentSettings[], name: string, where: string): EnvironmentSettings {
  const found = declared.find((environment) => environment.name === name);
  if (found !== undefined) return found;
  const names = declared.map((environment) => environment.name).join(', ');
  throw new TerminalError(`pawl.yaml at ${where} declares no environment "${name}"; it has ${names || 'none'}.`, {
    code: 'environment.unknown',
    help: 'Check the name against pawl.yaml.',
    exit: exitCodes.usage,
  });
}

function invalidSettings(commit: string, problems: readonly Problem[]): TerminalError {
  const [first] = problems;
  const reason =
    first === undefined ? 'it is not there' : `${first.file}:${first.line}:${first.column}: ${first.message}`;
  return new TerminalError(`pawl.yaml at ${commit.slice(0, 7)} cannot be used: ${reason}`, {
    code: 'environment.settings_invalid',
    help: 'Run `pawl validate`, correct pawl.yaml and commit it.',
    exit: exitCodes.findings,
  });
}
