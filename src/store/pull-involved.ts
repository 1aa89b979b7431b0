import { type Kysely, sql } from 'kysely';
import type { AcknowledgedContent } from './acknowledgement.ts';
import type { Tables } from './tables.gen.ts';

/** A pull request that brought something which has to be acknowledged, and the logins that had a hand in it. */
export interface InvolvedPull extends AcknowledgedContent {
  readonly repository: string;
  readonly number: number;
  readonly author: string;
  readonly pushers: readonly string[];
  /** Who asked pawl to open it, by the names that their doors gave them. */
  readonly askers: readonly string[];
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

/** Clocks differ, and what is live may have been on the branch for minutes before it went live. */
const unsureMinutes = 10;

/**
 * The pull requests that brought each content. A risk's are those that showed it; what is bound to a whole plan, and a
 * risk that none of them showed (of a push right before the merge, or of two that widen together), is of every one that
 * was merged since what is live was. One that was closed is asked about only where no other showed it: its commits may
 * have been pushed.
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
      select now.commit_id, coalesce(
        (select min(merged_at) from pull_request where merge_commit = now.commit_id and state = 'merged'),
        (select min(first.applied_at) - ${unsureMinutes} * interval '1 minute' from revision as first
          where first.environment = now.environment and first.commit_id = now.commit_id)) as since
      from revision as now where now.environment = ${environment} and now.revision = ${revision}),
    applied as (select commit_id from revision where environment = ${environment} and revision <= ${revision}),
    asked as (select * from json_to_recordset(${asked}::json) as one (class text, content text)),
    near as (
      select pull.*, shown.plan_digest, shown.risks, pull.state = 'merged' and (pull.merge_commit = ${commit}
        or (pull.merged_at >= (select since from live)
          and (pull.merge_commit is null or pull.merge_commit not in (select commit_id from applied)))) as is_new
      from pull_plan as shown join pull_request as pull using (repository, number)
      where shown.environment = ${environment}),
    showing as (
      select asked.class, asked.content, near.repository, near.number, near.state,
        near.is_new or (near.state = 'open' and near.plan_digest = ${planDigest}) as is_its_own
      from asked join near on near.risks @> jsonb_build_array(jsonb_build_array(asked.class, asked.content)))
    select distinct asked.class, asked.content, near.repository, near.number, near.author, near.pushers,
      array(select distinct one.asked_by from proposal as one
        where one.repository = near.repository and one.number = near.number order by one.asked_by) as askers,
      near.merged_by as "mergedBy", near.merged_at as "mergedAt"
    from asked join near on (near.state <> 'closed' and near.plan_digest = asked.content)
      or (near.is_new and (asked.content = ${planDigest} or not exists (
        select from showing where showing.class = asked.class and showing.content = asked.content and is_its_own)))
      or exists (
        select from showing where showing.class = asked.class and showing.content = asked.content
          and showing.repository = near.repository and showing.number = near.number
          and (showing.state <> 'closed' or not exists (
            select from showing as other where other.class = asked.class and other.content = asked.content
              and other.state <> 'closed')))
    order by near.repository, near.number`.execute(db);
  return rows;
}
