import { type Kysely, type Selectable, sql } from 'kysely';
import type { PullRequest, Tables } from './tables.gen.ts';

export type PullRequestRow = Selectable<PullRequest>;

/** A pull request as the forge's API has just shown it. */
export interface PullFacts {
  /** `owner/name` */
  readonly repository: string;
  readonly number: number;
  readonly state: 'open' | 'closed' | 'merged';
  readonly isDraft: boolean;
  readonly isFork: boolean;
  readonly baseRef: string;
  readonly baseSha: string;
  readonly headRef: string;
  readonly headSha: string;
  readonly author: string;
  readonly mergedBy: string | undefined;
  readonly mergedAt: Date | undefined;
  readonly mergeCommit: string | undefined;
}

/** Keeps what was seen. What is known of a merge stays where the forge no longer says it. */
export async function recordPull(db: Kysely<Tables>, pull: PullFacts): Promise<void> {
  const { repository, number, state, isDraft, isFork, baseRef, baseSha, headRef, headSha, author } = pull;
  const [mergedBy, mergedAt, mergeCommit] = [pull.mergedBy ?? null, pull.mergedAt ?? null, pull.mergeCommit ?? null];
  await sql`
    insert into pull_request (repository, number, state, is_draft, is_fork, base_ref, base_sha, head_ref, head_sha,
      author, merged_by, merged_at, merge_commit)
    values (${repository}, ${number}, ${state}, ${isDraft}, ${isFork}, ${baseRef}, ${baseSha}, ${headRef}, ${headSha},
      ${author}, ${mergedBy}, ${mergedAt}, ${mergeCommit})
    on conflict (repository, number) do update set state = excluded.state, is_draft = excluded.is_draft,
      is_fork = excluded.is_fork, base_ref = excluded.base_ref, base_sha = excluded.base_sha,
      head_ref = excluded.head_ref, head_sha = excluded.head_sha, author = excluded.author,
      merged_by = coalesce(excluded.merged_by, pull_request.merged_by),
      merged_at = coalesce(excluded.merged_at, pull_request.merged_at),
      merge_commit = coalesce(excluded.merge_commit, pull_request.merge_commit), seen_at = now()`.execute(db);
}

/** Those that were open when they were last seen, by number. */
export async function openPulls(db: Kysely<Tables>, repository: string): Promise<readonly PullRequestRow[]> {
  return await db
    .selectFrom('pull_request')
    .selectAll()
    .where('repository', '=', repository)
    .where('state', '=', 'open')
    .orderBy('number')
    .execute();
}
