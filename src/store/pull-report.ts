import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.gen.ts';

/** A pull request that was merged lately, in one environment whose plan it showed. */
export interface MergedPull {
  readonly number: number;
  readonly environment: string;
  readonly branch: string;
  readonly commit: string;
  readonly mergedAt: Date;
}

/** Those that were merged within the last days, the oldest first. */
export async function mergedPulls(
  db: Kysely<Tables>,
  repository: string,
  limit: number,
): Promise<readonly MergedPull[]> {
  const { rows } = await sql<MergedPull>`
    select pull.number, shown.environment, pull.base_ref as branch, pull.merge_commit as commit,
      pull.merged_at as "mergedAt"
    from pull_request as pull join pull_plan as shown using (repository, number)
    left join pull_note as note on note.repository = pull.repository and note.number = pull.number
      and note.subject = 'applied ' || shown.environment
    where pull.repository = ${repository} and pull.state = 'merged' and pull.merge_commit is not null
      and pull.merged_at > now() - interval '14 days' and note.content is null
    order by pull.merged_at, pull.number, shown.environment limit ${limit}`.execute(db);
  return rows;
}

export interface AppliedSince {
  readonly revision: number;
  readonly commit: string;
  readonly at: Date;
}

/** The revisions of an environment since a moment of the forge's clock, the oldest first. */
export async function revisionsSince(
  db: Kysely<Tables>,
  environment: string,
  since: Date,
): Promise<readonly AppliedSince[]> {
  const { rows } = await sql<AppliedSince>`
    select revision, commit_id as commit, applied_at as at from revision
    where environment = ${environment} and applied_at > ${since}::timestamptz - interval '5 minutes'
    order by revision limit 100`.execute(db);
  return rows;
}
