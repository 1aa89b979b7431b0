import { type Kysely, sql } from 'kysely';
import type { AcknowledgedContent } from './acknowledgement.ts';
import type { Tables } from './tables.gen.ts';

/** A pull request that brought something which has to be acknowledged, and the logins that had a hand in it. */
export interface InvolvedPull extends AcknowledgedContent {
  readonly repository: string;
  readonly number: number;
  readonly author: string;
  readonly pushers: readonly string[];
  readonly mergedBy: string | null;
  readonly mergedAt: Date | null;
}

export interface InvolvedAt {
  readonly environment: string;
  /** Of the plan that is judged. */
  readonly planDigest: string;
  readonly commit: string;
  /** What is live. */
  readonly revision: number;
}

/**
 * The pull requests that brought each content. A risk's are those that showed it; what is bound to a whole plan is of
 * every one that was merged since what is live was. One that was closed without a merge brought nothing.
 */
export async function involvedPulls(
  db: Kysely<Tables>,
  { environment, planDigest, commit, revision }: InvolvedAt,
  contents: readonly AcknowledgedContent[],
): Promise<readonly InvolvedPull[]> {
  if (contents.length === 0) return [];
  const asked = JSON.stringify(contents.map(({ class: kind, content }) => ({ class: kind, content })));
  const { rows } = await sql<InvolvedPull>`
    with live as (
      select min(first.applied_at) as since from revision as now
      join revision as first on first.environment = now.environment and first.commit_id = now.commit_id
      where now.environment = ${environment} and now.revision = ${revision}),
    asked as (select * from json_to_recordset(${asked}::json) as one (class text, content text))
    select distinct asked.class, asked.content, pull.repository, pull.number, pull.author, pull.pushers,
      pull.merged_by as "mergedBy", pull.merged_at as "mergedAt"
    from asked
    join pull_plan as shown on shown.environment = ${environment}
    join pull_request as pull on pull.repository = shown.repository and pull.number = shown.number
    where pull.state in ('open', 'merged') and (
      shown.risks @> jsonb_build_array(jsonb_build_array(asked.class, asked.content))
      or shown.plan_digest = asked.content
      or (asked.content = ${planDigest} and pull.state = 'merged'
        and (pull.merge_commit = ${commit} or pull.merged_at >= (select since from live))))
    order by pull.repository, pull.number`.execute(db);
  return rows;
}
