import { type Kysely, sql } from 'kysely';
import type { Shown } from '../plan/review.ts';
import type { Tables } from './tables.gen.ts';

/** What was shown of an environment by these pull requests. */
export async function readShown(
  db: Kysely<Tables>,
  { repository, environment }: { readonly repository: string; readonly environment: string },
  numbers: readonly number[],
): Promise<readonly Shown[]> {
  const { rows } = await sql<Omit<Shown, 'mergeTree' | 'planDigest'> & { tree: string | null; digest: string | null }>`
    select number, merge_tree as tree, plan_digest as digest, operations, risks from pull_plan
    where repository = ${repository} and environment = ${environment} and number = any(${[...numbers]}::integer[])
    order by number`.execute(db);
  return rows.map(({ tree, digest, ...shown }) => {
    return { ...shown, mergeTree: tree ?? undefined, planDigest: digest ?? undefined };
  });
}
