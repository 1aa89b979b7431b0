import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.gen.ts';

/** A command in a comment on a pull request, and what it came to. */
export interface HandledCommand {
  readonly repository: string;
  readonly commentId: number;
  readonly number: number;
  readonly author: string;
  readonly outcome: 'done' | 'refused' | 'ignored';
  /** In Markdown; undefined: nothing is said. */
  readonly answer: string | undefined;
}

/** Keeps that a comment was handled: it is never handled again, whatever it comes to say. */
export async function recordCommand(db: Kysely<Tables>, command: HandledCommand): Promise<void> {
  const { repository, commentId, number, author, outcome, answer = null } = command;
  await sql`
    insert into pull_command (repository, comment_id, number, author, outcome, answer)
    values (${repository}, ${commentId}, ${number}, ${author}, ${outcome}, ${answer})
    on conflict do nothing`.execute(db);
}

/** Those of the comments that were handled. */
export async function handledComments(
  db: Kysely<Tables>,
  repository: string,
  comments: readonly number[],
): Promise<ReadonlySet<number>> {
  if (comments.length === 0) return new Set();
  const rows = await db
    .selectFrom('pull_command')
    .select('comment_id')
    .where('repository', '=', repository)
    .where('comment_id', 'in', [...comments])
    .execute();
  return new Set(rows.map(({ comment_id: id }) => id));
}

export interface AnswerRow {
  readonly commentId: number;
  readonly author: string;
  readonly answer: string;
}

/** The last answers on each pull request that had a command within the last days, the oldest first. */
export async function lastAnswers(
  db: Kysely<Tables>,
  repository: string,
  each: number,
): Promise<ReadonlyMap<number, readonly AnswerRow[]>> {
  const { rows } = await sql<AnswerRow & { readonly number: number }>`
    select number, comment_id as "commentId", author, answer from (
      select *, row_number() over (partition by number order by comment_id desc) as place from pull_command
      where repository = ${repository} and answer is not null and handled_at > now() - interval '7 days') as one
    where place <= ${each} order by number, comment_id`.execute(db);
  const found = new Map<number, AnswerRow[]>();
  for (const { number, ...row } of rows) found.set(number, [...(found.get(number) ?? []), row]);
  return found;
}
