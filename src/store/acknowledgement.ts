import { type Kysely, sql, type Transaction } from 'kysely';
import type { Membership } from '../policy/person.ts';
import type { Tables } from './tables.gen.ts';

/** What an acknowledgement is bound to. */
export interface AcknowledgedContent {
  /** `R1` to `R13` or `bootstrap`; of a guard its id. */
  readonly class: string;
  /** Digest: a risk's content, of a guard the plan's digest. */
  readonly content: string;
}

export interface NewAcknowledgement extends AcknowledgedContent {
  readonly shownId: string;
}

export interface GivenAcknowledgement extends NewAcknowledgement {
  readonly by: string;
  /** What of their groups was proved then. */
  readonly membership: Membership;
  readonly at: Date;
  readonly reason: string;
  readonly planDigest: string;
}

export interface AcknowledgementContext {
  readonly environment: string;
  readonly lineage: string;
  readonly by: string;
  readonly membership: Membership;
  readonly reason: string;
  readonly planDigest: string;
}

/** Records them with an event each, in one statement; one that the same person has given already is left as it is. */
export async function recordAcknowledgements(
  trx: Transaction<Tables>,
  context: AcknowledgementContext,
  acknowledged: readonly NewAcknowledgement[],
): Promise<number> {
  if (acknowledged.length === 0) return 0;
  const { environment, lineage, by, membership, reason, planDigest } = context;
  const rows = JSON.stringify(
    acknowledged.map(({ class: kind, content, shownId }) => ({ kind, content, shown: shownId })),
  );
  const { rows: recorded } = await sql<{ id: number }>`
    with
      given as (
        insert into acknowledgement (environment, lineage, class, content, shown_id, given_by, membership, reason,
          plan_digest)
        select ${environment}, ${lineage}::uuid, kind, content, shown, ${by}, ${JSON.stringify(membership)}::jsonb,
          ${reason}, ${planDigest}
        from json_to_recordset(${rows}::json) as row (kind text, content text, shown text)
        on conflict (environment, lineage, class, content, given_by) where used_by_revision is null do nothing
        returning id, class, content, shown_id)
    insert into event (environment, actor, action, detail)
    select ${environment}, ${by}, 'acknowledge', jsonb_build_object('id', shown_id, 'class', class,
      'content', content, 'plan', ${planDigest}::text, 'reason', ${reason}::text)
    from given
    returning id`.execute(trx);
  return recorded.length;
}

/** Those of the contents that no revision has used yet, in the order they were given in. */
export async function readAcknowledgements(
  db: Kysely<Tables>,
  at: { readonly environment: string; readonly lineage: string },
  contents: readonly AcknowledgedContent[],
): Promise<readonly GivenAcknowledgement[]> {
  if (contents.length === 0) return [];
  const { rows } = await sql<GivenAcknowledgement>`
    select given.class, given.content, shown_id as "shownId", given_by as by, membership, given_at as at, reason,
      plan_digest as "planDigest"
    from acknowledgement as given
    join json_to_recordset(${textOf(contents)}::json) as asked (class text, content text)
      on asked.class = given.class and asked.content = given.content
    where environment = ${at.environment} and lineage = ${at.lineage}::uuid and used_by_revision is null
    order by given.id`.execute(db);
  return rows;
}

/** What a revision has applied is done with: the same again, after it was taken back, is asked for again. */
export async function useAcknowledgements(
  trx: Transaction<Tables>,
  at: { readonly environment: string; readonly revision: number },
  contents: readonly AcknowledgedContent[],
): Promise<void> {
  if (contents.length === 0) return;
  await sql`
    update acknowledgement as given set used_by_revision = ${at.revision}
    from json_to_recordset(${textOf(contents)}::json) as asked (class text, content text)
    where asked.class = given.class and asked.content = given.content
      and environment = ${at.environment} and used_by_revision is null`.execute(trx);
}

function textOf(contents: readonly AcknowledgedContent[]): string {
  return JSON.stringify(contents.map(({ class: kind, content }) => ({ class: kind, content })));
}
