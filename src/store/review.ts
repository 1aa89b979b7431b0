import { type Kysely, sql } from 'kysely';
import type { Shown } from '../plan/review.ts';
import type { Tables } from './tables.gen.ts';

/**
 * What was shown of an environment by these pull requests. What was planned and did not come to stand there, because the
 * process or the forge was gone, was shown to nobody: such a one showed nothing. So did one that has no row, where an
 * older one has: pawl looked already when it was opened. Others are left out.
 */
export async function readShown(
  db: Kysely<Tables>,
  { repository, environment }: { readonly repository: string; readonly environment: string },
  numbers: readonly number[],
): Promise<readonly Shown[]> {
  const { rows } = await sql<Omit<Shown, 'mergeTree' | 'planDigest'> & { tree: string | null; digest: string | null }>`
    select asked.number, coalesce(is_shown, false) as "isShown", case when is_shown then merge_tree end as tree, case when is_shown then plan_digest end as digest,
      case when is_shown then operations else '[]' end as operations, case when is_shown then risks else '[]' end as risks
    from unnest(${[...numbers]}::integer[]) as asked (number)
    left join lateral (
      select *, published is not null and published_at >= planned_at as is_shown from pull_plan
      where repository = ${repository} and environment = ${environment} and number = asked.number) as plan on true
    where plan.number is not null or exists (
      select from pull_plan
      where repository = ${repository} and environment = ${environment} and number < asked.number)
    order by asked.number`.execute(db);
  return rows.map(({ tree, digest, ...shown }) => {
    return { ...shown, mergeTree: tree ?? undefined, planDigest: digest ?? undefined };
  });
}
