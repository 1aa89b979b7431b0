import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import { rootOf } from '../manifest/digest.ts';
import type { Rules } from '../manifest/rules.ts';
import type { Environment, Tables } from './tables.gen.ts';

export type EnvironmentRow = Selectable<Environment>;

/** Makes the environment, at revision 0 and empty, unless it exists. */
export async function ensureEnvironment(db: Kysely<Tables>, name: string): Promise<void> {
  await db
    .insertInto('environment')
    .values({ name, root: rootOf([]) })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
}

export async function readEnvironment(db: Kysely<Tables>, name: string): Promise<EnvironmentRow | undefined> {
  return await db.selectFrom('environment').selectAll().where('name', '=', name).executeTakeFirst();
}

export async function listEnvironments(db: Kysely<Tables>): Promise<readonly EnvironmentRow[]> {
  return await db.selectFrom('environment').selectAll().orderBy('name').execute();
}

/**
 * Takes the environment's row until the transaction ends, so that one apply at a time goes past this line, and
 * tells the triggers that what follows is apply's and no hand's. What it looks up is a few rows of large tables that lie
 * in memory: told so, the planner takes indexes, where it would read all of a history to end one stretch.
 */
export async function lockEnvironment(trx: Transaction<Tables>, name: string): Promise<EnvironmentRow | undefined> {
  const { rows } = await sql<EnvironmentRow>`
    select environment.*, set_config('pawl.apply', 'on', true), set_config('random_page_cost', '1.1', true)
    from environment where name = ${name} for update`.execute(trx);
  return rows[0];
}

/** Records that a newer commit says the same of resources as the revision that is live; its rules judge from now on. */
export async function moveCommit(
  trx: Transaction<Tables>,
  name: string,
  target: { readonly commit: string; readonly tree: string; readonly rules: Rules },
): Promise<void> {
  await trx
    .updateTable('environment')
    .set({
      commit_id: target.commit,
      tree_id: target.tree,
      rules: JSON.stringify(target.rules),
      updated_at: sql<Date>`now()`,
    })
    .where('name', '=', name)
    .execute();
}
