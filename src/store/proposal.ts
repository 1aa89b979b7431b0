import { type Kysely, type Selectable, sql } from 'kysely';
import type { Json } from '../manifest/json.ts';
import type { Proposal, Tables } from './tables.gen.ts';

export type ProposalRow = Selectable<Proposal>;

/** What a pull request is wanted for; two of the same are one. */
export interface ProposalKey {
  readonly repository: string;
  readonly environment: string;
  readonly kind: string;
  readonly subject: string;
}

export interface WantedProposal extends ProposalKey {
  /** Where pawl pushes it. */
  readonly branch: string;
  readonly request: Json;
  readonly askedBy: string;
}

/**
 * Says that a pull request is wanted. One that is there is updated in place; one that is over is wanted anew, and the
 * forge's number of the old one is forgotten. What a person dismissed stays remembered. `unlessSame`: what was wanted for
 * the very same already is left as it is, so that rows which ask for it tick after tick ask once.
 */
export async function wantProposal(
  db: Kysely<Tables>,
  wanted: WantedProposal,
  { unlessSame = false }: { readonly unlessSame?: boolean } = {},
): Promise<void> {
  const { repository, environment, kind, subject, branch, request, askedBy } = wanted;
  await sql`
    insert into proposal (repository, environment, kind, subject, branch, request, asked_by, state)
    values (${repository}, ${environment}, ${kind}, ${subject}, ${branch}, ${JSON.stringify(request)}::jsonb, ${askedBy},
      'wanted')
    on conflict (repository, environment, kind, subject) do update set
      request = excluded.request, asked_by = excluded.asked_by, asked_at = now(), updated_at = now(), seen = null,
      is_closing = case when proposal.state in ('merged', 'closed') then false else proposal.is_closing end,
      number = case when proposal.state in ('merged', 'closed') then null else proposal.number end,
      reason = case when proposal.state in ('merged', 'closed') then null else proposal.reason end,
      state = case when proposal.state = 'open' then 'open' else 'wanted' end
    where not ${unlessSame} or proposal.request is distinct from excluded.request`.execute(db);
}

export async function readProposal(db: Kysely<Tables>, key: ProposalKey): Promise<ProposalRow | undefined> {
  return await db.selectFrom('proposal').selectAll().where(sameAs(key)).executeTakeFirst();
}

/** Of a repository, those that something may still have to be done for. */
export async function activeProposals(db: Kysely<Tables>, repository: string): Promise<readonly ProposalRow[]> {
  return await db
    .selectFrom('proposal')
    .selectAll()
    .where('repository', '=', repository)
    .where('state', 'in', ['wanted', 'open'])
    .orderBy('asked_at')
    .orderBy('branch')
    .execute();
}

/** The newest first. */
export async function listProposals(db: Kysely<Tables>, environment: string): Promise<readonly ProposalRow[]> {
  return await db
    .selectFrom('proposal')
    .selectAll()
    .where('environment', '=', environment)
    .orderBy('updated_at', 'desc')
    .orderBy('branch')
    .limit(200)
    .execute();
}

/** Who asked pawl for the pull request of that number: they are as much its author as pawl is. */
export async function proposalAskedBy(
  db: Kysely<Tables>,
  repository: string,
  number: number,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('proposal')
    .select('asked_by')
    .where('repository', '=', repository)
    .where('number', '=', number)
    .executeTakeFirst();
  return row?.asked_by;
}

/** What became of one, as far as it is known now. */
export type ProposalStep = Partial<
  Pick<
    ProposalRow,
    | 'number'
    | 'state'
    | 'head'
    | 'next_head'
    | 'content'
    | 'published'
    | 'dismissed'
    | 'is_foreign'
    | 'is_closing'
    | 'reason'
  >
>;

/** Records a step of carrying one out. */
export async function recordProposal(db: Kysely<Tables>, key: ProposalKey, step: ProposalStep): Promise<void> {
  await db
    .updateTable('proposal')
    .set({ ...step, updated_at: sql<Date>`now()` })
    .where(sameAs(key))
    .execute();
}

/** Says what was looked at when nothing was left to do, unless it was asked for anew meanwhile. */
export async function settleProposal(db: Kysely<Tables>, row: ProposalRow, seen: string): Promise<void> {
  await db
    .updateTable('proposal')
    .set({ seen })
    .where(sameAs(row))
    // Dates are read to the millisecond.
    .where(sql<boolean>`date_trunc('milliseconds', asked_at) = ${row.asked_at}`)
    .execute();
}

function sameAs({ repository, environment, kind, subject }: ProposalKey) {
  return sql<boolean>`repository = ${repository} and environment = ${environment} and kind = ${kind}
    and subject = ${subject}`;
}
