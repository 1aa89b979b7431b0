import { sha256 } from '../manifest/digest.ts';
import { liveOf } from '../controller/planning.ts';
import { code } from '../plan/render/inert.ts';
import { commentBytesMax, planMarker } from '../plan/render/markdown.ts';
import { readNote, recordNote } from '../store/pull-note.ts';
import { plansOfPull, recordPublished } from '../store/pull-plan.ts';
import type { GitHubContext } from './context.ts';
import { isNotFound } from './not-found.ts';
import { fullName } from './repository-name.ts';

export interface PlanState {
  readonly number: number;
  readonly environment: string;
  /** One paragraph, safe as Markdown. */
  readonly text: string;
}

const begin = '<!-- pawl:state -->';
const end = '<!-- /pawl:state -->';

/** Says above a merged pull request's plan what became of it; one write whenever that is something else. */
export async function tellOnPlan({ github, plane }: GitHubContext, state: PlanState): Promise<void> {
  const { db } = plane.database;
  const { octokit } = github;
  const { number, environment, text } = state;
  const repository = fullName(github.repository);
  const row = (await plansOfPull(db, repository, number)).get(environment);
  const noted = { repository, number, subject: `state ${environment}` };
  const note = await readNote(db, noted);
  const content = sha256(text);
  if (row === undefined || row.comment_id === null || note.content === content) return;
  const [shown = '', written] = row.published?.split(' ') ?? [];
  try {
    const at = { ...github.repository, comment_id: row.comment_id };
    const { data } = await octokit.rest.issues.getComment(at);
    const marker = planMarker(`${(await liveOf(plane, environment)).lineage}/${environment}`);
    const before = data.body ?? '';
    const body = withState({ ...state, before: sha256(before) === written ? before : undefined, marker });
    if (body !== before) await octokit.rest.issues.updateComment({ ...at, body });
    const published = `${shown} ${sha256(body)}`;
    await recordPublished(db, row, { commentId: row.comment_id, checkId: row.check_id ?? undefined, published });
  } catch (error) {
    // Somebody deleted it, and nobody has to decide by it any more.
    if (!isNotFound(error)) throw error;
  }
  await recordNote(db, noted, { commentId: row.comment_id, content });
}

interface Stating extends PlanState {
  /** Undefined: what stands there is not what pawl wrote, so that nothing of it is kept. */
  readonly before: string | undefined;
  readonly marker: string;
}

function withState({ environment, text, before, marker }: Stating): string {
  const said = `${begin}\n\n> ${text}\n\n${end}`;
  const alone = `### pawl plan for ${code(environment)}\n\n${said}\n\n${marker}\n`;
  if (before === undefined) return alone;
  const plain = withoutState(before);
  const line = plain.indexOf('\n\n');
  if (line < 0) return alone;
  const body = `${plain.slice(0, line)}\n\n${said}${plain.slice(line)}`;
  return Buffer.byteLength(body) > commentBytesMax + Buffer.byteLength(said) ? alone : body;
}

function withoutState(body: string): string {
  const [from, to] = [body.indexOf(`\n\n${begin}\n`), body.indexOf(`${end}\n`)];
  return from < 0 || to < from ? body : `${body.slice(0, from)}${body.slice(to + end.length)}`;
}
