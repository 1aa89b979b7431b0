import { digest } from '../manifest/digest.ts';
import { code } from '../plan/render/inert.ts';
import { lastAnswers, type AnswerRow } from '../store/pull-command.ts';
import { readNote, recordNote } from '../store/pull-note.ts';
import type { GitHubRound } from './context.ts';
import { writeComment } from './plan-comment.ts';
import { fullName } from './repository-name.ts';

const answersMax = 5;
const answerUnitsMax = 8_000;
const marker = '<!-- pawl:answers -->';

/** Keeps one comment with the last answers on each pull request, edited in place: many commands make no flood. */
export async function publishReplies({ github, plane }: GitHubRound): Promise<void> {
  const { db } = plane.database;
  const repository = fullName(github.repository);
  for (const [number, answers] of await lastAnswers(db, repository, answersMax)) {
    const key = { repository, number, subject: 'answers' };
    const note = await readNote(db, key);
    const body = bodyOf(github.repository, number, answers);
    const content = digest(body);
    if (note.content === content) continue;
    const { id } = await writeComment(github, { number, id: note.commentId, marker, body });
    await recordNote(db, key, { commentId: id, content });
  }
}

function bodyOf(
  { owner, repo }: { readonly owner: string; readonly repo: string },
  number: number,
  answers: readonly AnswerRow[],
): string {
  const texts = answers.map(({ commentId, author, answer }) => {
    const link = `/${owner}/${repo}/pull/${number}#issuecomment-${commentId}`;
    return `To [this](${link}) by ${code(author)}:\n\n${answer.slice(0, answerUnitsMax)}`;
  });
  return `${['### pawl answers', ...texts, marker].join('\n\n')}\n`;
}
