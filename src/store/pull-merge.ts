import type { Kysely } from 'kysely';
import type { ForgeBranch } from './pull-commit.ts';
import type { Tables } from './tables.gen.ts';

export interface Merge {
  readonly number: number;
  readonly commit: string;
}

const mergesMax = 20;

/** The pull requests that were merged into a branch last, the newest first. */
export async function lastMerges(db: Kysely<Tables>, { repository, branch }: ForgeBranch): Promise<readonly Merge[]> {
  const rows = await db
    .selectFrom('pull_request')
    .select(['number', 'merge_commit'])
    .where('repository', '=', repository)
    .where('base_ref', '=', branch)
    .where('state', '=', 'merged')
    .orderBy('merged_at', 'desc')
    .limit(mergesMax)
    .execute();
  return rows.flatMap(({ number, merge_commit: commit }) => (commit === null ? [] : [{ number, commit }]));
}
