import type { ProposalContent } from '../controller/proposal.ts';
import type { GitHub } from './github.ts';

/** A pull request of pawl's own, as GitHub has it now. */
export interface OwnPull {
  readonly number: number;
  readonly state: 'open' | 'closed' | 'merged';
}

export async function pullNumbered({ octokit, repository }: GitHub, number: number): Promise<OwnPull> {
  const { data } = await octokit.rest.pulls.get({ ...repository, pull_number: number });
  return { number, state: data.merged ? 'merged' : data.state === 'open' ? 'open' : 'closed' };
}

/** The open one from this branch that pawl opened itself: what a crash left between making it and recording it. */
export async function openPullFrom(github: GitHub, branch: string): Promise<OwnPull | undefined> {
  const { octokit, repository } = github;
  const [head, { login }] = [`${repository.owner}:${branch}`, await github.self()];
  const { data } = await octokit.rest.pulls.list({ ...repository, head, state: 'open', per_page: 10 });
  const own = data.find(({ user, head: from }) => user?.login === login && from.ref === branch);
  return own && { number: own.number, state: 'open' };
}

export async function openPull(
  { octokit, repository }: GitHub,
  branch: string,
  { base, title, body }: ProposalContent,
): Promise<OwnPull> {
  const asked = { title, body, head: branch, base: base.branch };
  const { data } = await octokit.rest.pulls.create({ ...repository, ...asked });
  return { number: data.number, state: 'open' };
}

export async function editPull(
  { octokit, repository }: GitHub,
  number: number,
  { title, body }: ProposalContent,
): Promise<void> {
  await octokit.rest.pulls.update({ ...repository, pull_number: number, title, body });
}

export async function closePull({ octokit, repository }: GitHub, number: number): Promise<void> {
  await octokit.rest.pulls.update({ ...repository, pull_number: number, state: 'closed' });
}

const pagesMax = 10;

/** Says something below a pull request, once: what carries the same marker and is pawl's own is there already. */
export async function sayOnce(
  github: GitHub,
  number: number,
  { marker, text }: { readonly marker: string; readonly text: string },
): Promise<void> {
  const { octokit, repository } = github;
  const { login } = await github.self();
  const mark = `<!-- pawl:proposal ${marker} -->`;
  for (let page = 1; page <= pagesMax; page += 1) {
    const asked = { ...repository, issue_number: number, per_page: 100, page };
    const { data } = await octokit.rest.issues.listComments(asked);
    if (data.some(({ user, body }) => user?.login === login && body?.endsWith(mark) === true)) return;
    if (data.length < 100) break;
  }
  await octokit.rest.issues.createComment({ ...repository, issue_number: number, body: `${text}\n\n${mark}` });
}
