import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.gen.ts';

/** One comment of pawl's on a pull request that is no plan. */
export interface NoteKey {
  readonly repository: string;
  readonly number: number;
  /** `answers`, or what it is about and an environment. */
  readonly subject: string;
}

export interface Note {
  readonly commentId: number | undefined;
  /** Digest of what stands there. */
  readonly content: string | undefined;
}

export async function readNote(db: Kysely<Tables>, { repository, number, subject }: NoteKey): Promise<Note> {
  const row = await db
    .selectFrom('pull_note')
    .select(['comment_id', 'content'])
    .where('repository', '=', repository)
    .where('number', '=', number)
    .where('subject', '=', subject)
    .executeTakeFirst();
  return { commentId: row?.comment_id ?? undefined, content: row?.content ?? undefined };
}

export async function recordNote(db: Kysely<Tables>, key: NoteKey, { commentId, content }: Note): Promise<void> {
  const { repository, number, subject } = key;
  await sql`
    insert into pull_note (repository, number, subject, comment_id, content)
    values (${repository}, ${number}, ${subject}, ${commentId ?? null}, ${content ?? null})
    on conflict (repository, number, subject) do update set comment_id = excluded.comment_id,
      content = excluded.content`.execute(db);
}
