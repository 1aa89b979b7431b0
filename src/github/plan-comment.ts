import type { GitHub, Self } from './github.ts';
import { isNotFound } from './not-found.ts';

export interface WrittenComment {
  readonly id: number;
  /** Where people see it. */
  readonly url: string | undefined;
}

export interface PlanComment {
  readonly number: number;
  /** Where it was written before; undefined: it is looked for. */
  readonly id: number | undefined;
  /** Its last line. */
  readonly marker: string;
  readonly body: string;
}

/**
 * Edits the comment in place, or makes it where it is missing: GitHub notifies everybody of a new one. It is looked for
 * before it is made, so that a crash between making and recording leaves no second one.
 */
export async function writeComment(github: GitHub, comment: PlanComment): Promise<WrittenComment> {
  const { octokit, repository } = github;
  const { number, body } = comment;
  const known = comment.id ?? (await findComment(github, comment));
  if (known !== undefined) {
    try {
      const { data } = await octokit.rest.issues.updateComment({ ...repository, comment_id: known, body });
      return { id: data.id, url: data.html_url };
    } catch (error) {
      // Somebody deleted it: reviewers get it back.
      if (!isNotFound(error)) throw error;
      if (comment.id !== undefined) return writeComment(github, { ...comment, id: undefined });
    }
  }
  const { data } = await octokit.rest.issues.createComment({ ...repository, issue_number: number, body });
  return { id: data.id, url: data.html_url };
}

const pagesMax = 10;

/** A comment that ends with the marker and is pawl's own: anybody can write a marker, and nobody as pawl. */
export async function findComment(
  { octokit, repository, self }: GitHub,
  { number, marker }: Pick<PlanComment, 'number' | 'marker'>,
): Promise<number | undefined> {
  const me = await self();
  const asked = { ...repository, issue_number: number, per_page: 100 };
  let pages = 0;
  for await (const { data } of octokit.paginate.iterator(octokit.rest.issues.listComments, asked)) {
    const found = data.find((one) => isOwn(one, me) && lastLine(one.body ?? '') === marker);
    if (found !== undefined) return found.id;
    pages += 1;
    if (pages === pagesMax) return undefined;
  }
  return undefined;
}

interface Commented {
  readonly user: { readonly login: string } | null;
  readonly performed_via_github_app?: { readonly id: number } | null;
}

export function isOwn({ user, performed_via_github_app: app }: Commented, { login, appId }: Self): boolean {
  if (user?.login !== login) return false;
  return appId === undefined || app === null || app === undefined || app.id === appId;
}

function lastLine(body: string): string {
  return body.trimEnd().split('\n').at(-1)?.trim() ?? '';
}
