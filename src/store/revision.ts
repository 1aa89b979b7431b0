import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import type { JsonObject } from '../manifest/json.ts';
import type { Rules } from '../manifest/rules.ts';
import type { RevisionSummary } from './json-column.ts';
import type { Revision, Tables } from './tables.gen.ts';

export type RevisionRow = Selectable<Revision>;

export interface NewRevision {
  readonly environment: string;
  readonly revision: number;
  readonly root: string;
  readonly commit: string;
  readonly tree: string;
  readonly subject: string;
  readonly planDigest: string;
  readonly summary: RevisionSummary;
  /** Of the commit: they judge the next plan. */
  readonly rules: Rules;
  readonly by: string;
  readonly action: 'apply' | 'rollback';
  /** For the event: what the revision's row does not hold. */
  readonly detail: JsonObject;
  /** Rows moved that the history does not tell: whoever reads what has moved must read all. */
  readonly isOutsideHistory: boolean;
}

/** Inserts the revision with its event and its attempt, and moves the environment to it, in one statement. */
export async function recordRevision(trx: Transaction<Tables>, made: NewRevision): Promise<void> {
  const { environment, revision, root, commit, tree, by } = made;
  const summary = JSON.stringify(made.summary);
  const detail = JSON.stringify({ ...made.detail, revision, root, commit, plan: made.planDigest, ...made.summary });
  await sql`
    with
      inserted as (
        insert into revision (environment, revision, base_revision, root, commit_id, tree_id, commit_subject,
          plan_digest, summary, applied_by)
        values (${environment}, ${revision}, ${revision - 1}, ${root}, ${commit}, ${tree}, ${made.subject},
          ${made.planDigest}, ${summary}::jsonb, ${by})),
      told as (
        insert into event (environment, actor, action, detail)
        values (${environment}, ${by}, ${made.action}, ${detail}::jsonb)),
      attempted as (
        insert into attempt (environment, commit_id, outcome, revision)
        values (${environment}, ${commit}, 'applied', ${revision}))
    update environment set revision = ${revision}, root = ${root}, commit_id = ${commit}, tree_id = ${tree},
      rules = ${JSON.stringify(made.rules)},
      writes = writes + ${made.isOutsideHistory ? 1 : 0}, updated_at = now()
    where name = ${environment} and revision = ${revision - 1}`.execute(trx);
}

export async function readRevision(
  db: Kysely<Tables>,
  environment: string,
  revision: number,
): Promise<RevisionRow | undefined> {
  return await db
    .selectFrom('revision')
    .selectAll()
    .where('environment', '=', environment)
    .where('revision', '=', revision)
    .executeTakeFirst();
}

/** The newest first; `before` continues a list. */
export async function listRevisions(
  db: Kysely<Tables>,
  environment: string,
  page: { readonly limit: number; readonly before?: number },
): Promise<readonly RevisionRow[]> {
  let query = db.selectFrom('revision').selectAll().where('environment', '=', environment);
  if (page.before !== undefined) query = query.where('revision', '<', page.before);
  return await query.orderBy('revision', 'desc').limit(page.limit).execute();
}
