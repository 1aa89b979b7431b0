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

/** Those that were merged within the last days and of which there may be news, the latest first. */
export async function mergedPulls(
  db: Kysely<Tables>,
  repository: string,
  limit: number,
): Promise<readonly MergedPull[]> {
  const { rows } = await sql<MergedPull>`
    select pull.number, shown.environment, pull.base_ref as branch, pull.merge_commit as commit,
      pull.merged_at as "mergedAt"
    from pull_request as pull join pull_plan as shown using (repository, number)
    join environment on environment.name = shown.environment
    left join pull_note as note on note.repository = pull.repository and note.number = pull.number
      and note.subject = ${settledSubject('')} || shown.environment
    where pull.repository = ${repository} and pull.state = 'merged' and pull.merge_commit is not null
      and shown.comment_id is not null and pull.merged_at > now() - interval '14 days'
      and note.content is distinct from environment.revision::text
    order by pull.merged_at desc, pull.number desc, shown.environment limit ${limit}`.execute(db);
  return rows;
}

/** Says with which revision the last word on a pull request was: until another one is live, there is nothing to add. */
export function settledSubject(environment: string): string {
  return `settled ${environment}`;
}

export interface AppliedSince {
  readonly revision: number;
  readonly commit: string;
  readonly at: Date;
  /** It took back what came after this one; null: it is none of those. */
  readonly rollbackTo: number | null;
}

/** The revisions of an environment since a moment of the forge's clock, the oldest first. */
export async function revisionsSince(
  db: Kysely<Tables>,
  environment: string,
  since: Date,
): Promise<readonly AppliedSince[]> {
  const { rows } = await sql<AppliedSince>`
    select revision::integer as revision, commit_id as commit, applied_at as at,
      (summary #>> '{rollback,to}')::integer as "rollbackTo"
    from revision
    where environment = ${environment} and applied_at > ${since}::timestamptz - interval '5 minutes'
    order by revision limit 100`.execute(db);
  return rows;
}

/** Of the workers that take its runs, how many are alive, and how many of them were heard since a revision was applied. */
export async function workersSince(
  db: Kysely<Tables>,
  environment: string,
  at: Date,
): Promise<{ readonly live: number; readonly heard: number }> {
  const { rows } = await sql<{ readonly live: number; readonly heard: number }>`
    select count(*)::integer as live, (count(*) filter (where heard_at >= ${at}))::integer as heard
    from worker where lease_until > now() and (pool = 'default' or pool in (
      select namespace || '/' || name from resource where environment = ${environment} and kind = 'WorkerPool'))`.execute(
    db,
  );
  return rows[0] ?? { live: 0, heard: 0 };
}
