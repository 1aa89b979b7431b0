import { type Kysely, type Selectable, sql } from 'kysely';
import type { PullPlan, Tables } from './tables.gen.ts';

export type PullPlanRow = Selectable<PullPlan>;

export interface PullPlanKey {
  readonly repository: string;
  readonly number: number;
  readonly environment: string;
}

/** What reviewers are about to be shown of one environment. */
export interface NewPullPlan extends PullPlanKey {
  readonly headSha: string;
  readonly baseSha: string;
  /** Undefined: there is no merge result. */
  readonly mergeTree: string | undefined;
  readonly baseRevision: number;
  readonly planDigest: string | undefined;
  /** `[address, action, digest of what it becomes]` */
  readonly operations: readonly (readonly [string, string, string | null])[];
  /** `[class, content]` */
  readonly risks: readonly (readonly [string, string])[];
}

/**
 * Keeps what was planned. The check of another head is another check. `isShown`: what stands there says it already. It
 * also does where it says the same operations and risks, whatever else of it is about to be written anew.
 */
export async function recordPullPlan(db: Kysely<Tables>, plan: NewPullPlan, isShown: boolean): Promise<void> {
  const { repository, number, environment, headSha, baseSha, mergeTree = null, baseRevision } = plan;
  const [digest, operations, risks] = [
    plan.planDigest ?? null,
    JSON.stringify(plan.operations),
    JSON.stringify(plan.risks),
  ];
  await sql`
    insert into pull_plan (repository, number, environment, head_sha, base_sha, merge_tree, base_revision, plan_digest,
      operations, risks)
    values (${repository}, ${number}, ${environment}, ${headSha}, ${baseSha}, ${mergeTree}, ${baseRevision}, ${digest},
      ${operations}::jsonb, ${risks}::jsonb)
    on conflict (repository, number, environment) do update set
      check_id = case when pull_plan.head_sha = excluded.head_sha then pull_plan.check_id end,
      head_sha = excluded.head_sha, base_sha = excluded.base_sha, merge_tree = excluded.merge_tree,
      base_revision = excluded.base_revision, plan_digest = excluded.plan_digest, operations = excluded.operations,
      risks = excluded.risks, planned_at = now(),
      published_at = case
        when ${isShown} then now()
        when pull_plan.published_at >= pull_plan.planned_at and pull_plan.operations = excluded.operations
          and pull_plan.risks = excluded.risks then now()
        else pull_plan.published_at end`.execute(db);
}

/** Where it stands on the forge, and the digest of what stands there. */
export async function recordPublished(
  db: Kysely<Tables>,
  key: PullPlanKey,
  at: { readonly commentId: number | undefined; readonly checkId: number | undefined; readonly published: string },
): Promise<void> {
  const { repository, number, environment } = key;
  await sql`
    update pull_plan set comment_id = ${at.commentId ?? null}, check_id = ${at.checkId ?? null},
      published = ${at.published}, published_at = now()
    where repository = ${repository} and number = ${number} and environment = ${environment}`.execute(db);
}

/** What stands there is not what was written: the next look writes it again. */
export async function forgetPublished(
  db: Kysely<Tables>,
  { repository, number, environment }: PullPlanKey,
): Promise<void> {
  await sql`
    update pull_plan set published = null
    where repository = ${repository} and number = ${number} and environment = ${environment}`.execute(db);
}

/** Keeps one of the two as soon as it is made: a crash before the other makes no second one. */
export async function recordMade(
  db: Kysely<Tables>,
  { repository, number, environment }: PullPlanKey,
  made: { readonly commentId?: number; readonly checkId?: number },
): Promise<void> {
  await sql`
    update pull_plan set comment_id = coalesce(${made.commentId ?? null}::bigint, comment_id),
      check_id = coalesce(${made.checkId ?? null}::bigint, check_id)
    where repository = ${repository} and number = ${number} and environment = ${environment}`.execute(db);
}

/** What was shown of one pull request, by environment. */
export async function plansOfPull(
  db: Kysely<Tables>,
  repository: string,
  number: number,
): Promise<ReadonlyMap<string, PullPlanRow>> {
  const rows = await db
    .selectFrom('pull_plan')
    .selectAll()
    .where('repository', '=', repository)
    .where('number', '=', number)
    .execute();
  return new Map(rows.map((row) => [row.environment, row]));
}

/** What may change the plan or the verdict of an environment's pull requests, without anybody touching them. */
export interface EnvironmentMark {
  readonly environment: string;
  readonly revision: number;
  readonly acknowledgement: number;
  readonly quarantine: number;
}

export async function environmentMarks(db: Kysely<Tables>): Promise<readonly EnvironmentMark[]> {
  const { rows } = await sql<EnvironmentMark>`
    select name as environment, revision, quarantine_writes as quarantine,
      coalesce((select max(id) from acknowledgement where environment = environment.name), 0) as acknowledgement
    from environment order by name`.execute(db);
  return rows;
}
