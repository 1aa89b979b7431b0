import { maskSecrets } from '../manifest/secret-literal.ts';
import type { Plan } from '../plan/change.ts';
import { fenced, inert } from '../plan/render/inert.ts';
import { renderText } from '../plan/render/text.ts';
import { counted } from '../plan/render/words.ts';
import { EditedCopy, type EditedFiles } from '../source/edited-copy.ts';
import type { Accepted } from './accept.ts';
import type { ControlPlane, PlanTarget } from './planning.ts';
import { planCommit } from './planning.ts';

/** Below what GitHub takes, with room for what is added. */
const bodyCharactersMax = 60_000;
const planLinesMax = 300;
const planCharactersMax = 24_000;
const rowsMax = 100;

/** What merging these files would do to the environment, against what is live now. */
export async function planOfFiles(
  plane: ControlPlane,
  { settings, commit }: Pick<PlanTarget, 'settings' | 'commit'>,
  files: Accepted['files'],
): Promise<Plan> {
  const workingCopy = new EditedCopy(plane.repository, afterOf(files));
  return await planCommit(plane, { settings, commit, workingCopy });
}

export function afterOf(files: Accepted['files']): EditedFiles {
  return new Map(Array.from(files, ([path, { after }]) => [path, after]));
}

/** The paragraphs of a body, the last of which go where it is too long. */
export function bodyOf(paragraphs: readonly (string | undefined)[]): string {
  const kept: string[] = [];
  let characters = 0;
  for (const paragraph of paragraphs) {
    if (paragraph === undefined || paragraph === '') continue;
    characters += paragraph.length + 2;
    if (characters > bodyCharactersMax) break;
    kept.push(paragraph);
  }
  return `${kept.join('\n\n')}\n`;
}

/** A list of lines that are made inert already; the rest of a long one is counted. */
export function listOf(title: string, lines: readonly string[]): string | undefined {
  if (lines.length === 0) return undefined;
  const hidden = lines.length - rowsMax;
  const more = hidden > 0 ? [`- and ${hidden} more.`] : [];
  return [title, '', ...lines.slice(0, rowsMax).map((line) => `- ${line}`), ...more].join('\n');
}

/** Text from outside within a sentence: short, and without a meaning to GitHub. */
export function said(text: string, charactersMax = 300): string {
  return inert(text.length > charactersMax ? `${text.slice(0, charactersMax)}…` : text);
}

/** The plan of it, folded; the check on the pull request has the whole. */
export function planParagraph(plan: Plan): string {
  const lines = maskSecrets(renderText(plan, { width: 100, color: false })).split('\n');
  const shown: string[] = [];
  let characters = 0;
  for (const line of lines.slice(0, planLinesMax)) {
    characters += line.length;
    if (characters > planCharactersMax) break;
    shown.push(line);
  }
  const cut = lines.length > shown.length ? ['', `… ${counted(lines.length - shown.length, 'more line')}`] : [];
  const summary = `<summary>What merging it does, as of when it was made</summary>`;
  return `<details>${summary}\n\n${fenced([...shown, ...cut], 'text')}\n\n</details>`;
}

/** What whoever looks at it can do. */
export const closingParagraph =
  'pawl keeps this up to date while it is open, and closes it when it has become pointless. Closing it by hand tells pawl to leave it. Commits of your own on its branch are kept: pawl then no longer touches it.';
