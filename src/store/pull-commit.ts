import { type Kysely, sql } from 'kysely';
import type { AcknowledgedContent } from './acknowledgement.ts';
import type { Tables } from './tables.gen.ts';

/** A branch of a repository on a forge: `owner/name`, and the branch's short name. */
export interface ForgeBranch {
  readonly repository: string;
  readonly branch: string;
}

/** Where the forge says that a commit of a branch came from. */
export type Brought =
  /** Nobody has asked it yet, or it has not answered since `wantedAt`. */
  | { readonly kind: 'unanswered'; readonly wantedAt: Date }
  | { readonly kind: 'pull'; readonly number: number }
  /** Somebody pushed it: no pull request brought it. */
  | { readonly kind: 'pushed' };

/**
 * Where each of these commits came from, and asks for those of which nobody has asked. Whoever wants to know wakes the
 * forge's loop with `channels.hint`; losing that, its sweep finds the rows.
 */
export async function broughtBy(
  db: Kysely<Tables>,
  { repository, branch }: ForgeBranch,
  commits: readonly string[],
): Promise<ReadonlyMap<string, Brought>> {
  if (commits.length === 0) return new Map();
  await sql`
    insert into pull_commit (repository, branch, commit_id)
    select ${repository}, ${branch}, unnest(${[...commits]}::text[])
    on conflict do nothing`.execute(db);
  const rows = await db
    .selectFrom('pull_commit')
    .select(['commit_id', 'number', 'wanted_at', 'looked_at'])
    .where('repository', '=', repository)
    .where('branch', '=', branch)
    .where('commit_id', 'in', [...commits])
    .execute();
  return new Map(
    rows.map(({ commit_id: commit, number, wanted_at: wantedAt, looked_at: lookedAt }): [string, Brought] => {
      if (lookedAt === null) return [commit, { kind: 'unanswered', wantedAt }];
      return [commit, number === null ? { kind: 'pushed' } : { kind: 'pull', number }];
    }),
  );
}

export interface WantedCommit {
  readonly branch: string;
  readonly commit: string;
  /** How long somebody has been waiting to know, by the database's clock. */
  readonly waitedMs: number;
}

/** Commits of which somebody wants to know, those that wait longest first. */
export async function wantedCommits(
  db: Kysely<Tables>,
  repository: string,
  limit: number,
): Promise<readonly WantedCommit[]> {
  const { rows } = await sql<WantedCommit>`
    select branch, commit_id as commit, extract(epoch from now() - wanted_at)::double precision * 1000 as "waitedMs"
    from pull_commit where repository = ${repository} and looked_at is null
    order by wanted_at, commit_id limit ${limit}`.execute(db);
  return rows;
}

/** What the forge has answered, once and for all: a commit is brought once. */
export async function recordBrought(
  db: Kysely<Tables>,
  at: ForgeBranch & { readonly commit: string },
  by: { readonly number: number } | { readonly pushers: readonly string[] },
): Promise<void> {
  const { repository, branch, commit } = at;
  const [number, pushers] = 'number' in by ? [by.number, []] : [null, [...by.pushers]];
  await sql`
    insert into pull_commit (repository, branch, commit_id, looked_at, number, pushers)
    values (${repository}, ${branch}, ${commit}, now(), ${number}, ${pushers}::text[])
    on conflict (repository, branch, commit_id) do update
      set looked_at = now(), number = excluded.number, pushers = excluded.pushers
    where pull_commit.looked_at is null or pull_commit.number is null`.execute(db);
}

export interface PushedContent extends AcknowledgedContent {
  readonly repository: string;
  readonly login: string;
}

/**
 * Who pushed commits to a branch that no pull request brought, since what is live was applied; by each content that no
 * pull request shows: theirs may be what brings it.
 */
export async function pushersSince(
  db: Kysely<Tables>,
  at: { readonly environment: string; readonly revision: number; readonly branch: string },
  contents: readonly AcknowledgedContent[],
): Promise<readonly PushedContent[]> {
  if (contents.length === 0) return [];
  const { environment, revision, branch } = at;
  const asked = JSON.stringify(contents.map(({ class: kind, content }) => ({ class: kind, content })));
  const { rows } = await sql<PushedContent>`
    select distinct asked.class, asked.content, pushed.repository, login
    from json_to_recordset(${asked}::json) as asked (class text, content text)
    cross join pull_commit as pushed cross join unnest(pushed.pushers) as login
    where pushed.branch = ${branch} and pushed.number is null and pushed.wanted_at >= (
      select applied_at from revision where environment = ${environment} and revision = ${revision})
      and not exists (
        select from pull_plan as shown join pull_request as pull using (repository, number)
        where shown.environment = ${environment} and pull.state <> 'closed'
          and shown.risks @> jsonb_build_array(jsonb_build_array(asked.class, asked.content)))
    order by pushed.repository, login`.execute(db);
  return rows;
}
