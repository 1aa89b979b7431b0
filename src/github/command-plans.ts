import { readEachEnvironment } from '../controller/environments.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { EnvironmentSettings } from '../manifest/resource.ts';
import type { Person } from '../policy/person.ts';
import type { PullFacts, PullRequestRow } from '../store/pull-request.ts';
import type { GitHubRound } from './context.ts';
import { mergeOfPull, pullVerdict, type PullVerdict } from './pull-verdict.ts';

/** Who commands, where and when. */
export interface Commanding {
  readonly number: number;
  /** By GitHub's clock. */
  readonly writtenAt: Date;
  readonly person: Person;
  /** Some teams could not be asked about. */
  readonly teamsHidden: boolean;
}

/** What merging it would mean now, for each environment of its base branch. */
export async function verdictsOf({ plane, log }: GitHubRound, facts: PullFacts): Promise<readonly PullVerdict[]> {
  const { repository } = plane;
  await repository.fetch();
  const base = await repository.resolve(facts.baseRef);
  const pull = rowOf(facts);
  const merge = await mergeOfPull(plane, pull, base);
  const verdicts: PullVerdict[] = [];
  for (const settings of await settingsOn(plane, facts.baseRef))
    verdicts.push(await pullVerdict(plane, { pull, settings, base, merge }, { log }));
  return verdicts;
}

export async function settingsOn(
  { repository }: GitHubRound['plane'],
  branch: string,
): Promise<readonly EnvironmentSettings[]> {
  const readings = await readEachEnvironment(repository);
  return readings.flatMap((one) => ('settings' in one && one.settings.branch === branch ? [one.settings] : []));
}

/** What GitHub has just said, as the row that keeps it. */
export function rowOf(facts: PullFacts): PullRequestRow {
  const { repository, number, state, author } = facts;
  return {
    repository,
    number,
    state,
    author,
    is_draft: facts.isDraft,
    is_fork: facts.isFork,
    base_ref: facts.baseRef,
    base_sha: facts.baseSha,
    head_ref: facts.headRef,
    head_sha: facts.headSha,
    pushers: [],
    merged_by: facts.mergedBy ?? null,
    merged_at: facts.mergedAt ?? null,
    merge_commit: facts.mergeCommit ?? null,
    seen_at: new Date(0),
  };
}

/** Why a command was not carried out, for whoever wrote it. */
export function refused(message: string, help: string): TerminalError {
  return new TerminalError(message, { code: 'github.command_refused', help, exit: exitCodes.unauthorised });
}
