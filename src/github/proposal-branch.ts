import { TerminalError } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import type { ProposalContent } from '../controller/proposal.ts';
import type { GitHub } from './github.ts';
import { isNotFound } from './not-found.ts';

/** The commit that a branch stands at; undefined: there is no such branch. */
export async function branchHead({ octokit, repository }: GitHub, branch: string): Promise<string | undefined> {
  try {
    const { data } = await octokit.rest.git.getRef({ ...repository, ref: `heads/${branch}` });
    return data.object.sha;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/**
 * Makes a commit of the files on the head of the base. No author is given: GitHub then signs what an App commits.
 * Nothing refers to it yet.
 */
export async function makeCommit(github: GitHub, { files, base, title }: ProposalContent): Promise<string> {
  const { octokit, repository } = github;
  const modes = await modesAt(github, base.commit, [...files.keys()]);
  const tree: { path: string; mode: '100644' | '100755'; type: 'blob'; sha: string | null }[] = [];
  for (const [path, { after }] of files) {
    const mode = modes.get(path) ?? '100644';
    const sha = after === undefined ? null : await makeBlob(github, after);
    tree.push({ path, mode, type: 'blob', sha });
  }
  const { data: parent } = await octokit.rest.git.getCommit({ ...repository, commit_sha: base.commit });
  const { data: made } = await octokit.rest.git.createTree({ ...repository, base_tree: parent.tree.sha, tree });
  const commit = { message: `${title}\n`, tree: made.sha, parents: [base.commit] };
  return (await octokit.rest.git.createCommit({ ...repository, ...commit })).data.sha;
}

async function makeBlob({ octokit, repository }: GitHub, content: string): Promise<string> {
  return (await octokit.rest.git.createBlob({ ...repository, content, encoding: 'utf-8' })).data.sha;
}

interface TreeAnswer {
  readonly tree: readonly { readonly path?: string; readonly mode?: string; readonly sha?: string | null }[];
}

/** Whether files may be executed, as they may now; links and submodules are refused. */
async function modesAt(
  github: GitHub,
  commit: string,
  paths: readonly string[],
): Promise<ReadonlyMap<string, '100644' | '100755'>> {
  const { octokit, repository } = github;
  const trees = new Map<string, Promise<TreeAnswer | undefined>>();
  const treeAt = (folder: string): Promise<TreeAnswer | undefined> => {
    const known = trees.get(folder);
    if (known !== undefined) return known;
    const read = async (): Promise<TreeAnswer | undefined> => {
      const entry = folder === '' ? { sha: commit } : await entryAt(folder);
      if (entry?.sha === undefined || entry.sha === null) return undefined;
      return (await octokit.rest.git.getTree({ ...repository, tree_sha: entry.sha })).data;
    };
    const reading = read();
    trees.set(folder, reading);
    return reading;
  };
  const entryAt = async (path: string) => {
    const cut = path.lastIndexOf('/');
    const name = path.slice(cut + 1);
    return (await treeAt(path.slice(0, Math.max(0, cut))))?.tree.find((entry) => entry.path === name);
  };
  const modes = new Map<string, '100644' | '100755'>();
  for (const path of paths) {
    const entry = await entryAt(path);
    if (entry === undefined) continue;
    if (entry.mode !== '100644' && entry.mode !== '100755') throw notAFile(path);
    modes.set(path, entry.mode);
  }
  return modes;
}

function notAFile(path: string): TerminalError {
  return new TerminalError(`${neutral(path).slice(0, 200)} is a link or a folder; nothing is written through it.`, {
    code: 'proposal.path_refused',
    help: 'Put a file there.',
  });
}

/** Begins the branch. Throws where somebody began it meanwhile. */
export async function beginBranch({ octokit, repository }: GitHub, branch: string, commit: string): Promise<void> {
  await octokit.rest.git.createRef({ ...repository, ref: `refs/heads/${branch}`, sha: commit });
}

/** Puts pawl's own branch on another commit, with what was there gone: the caller has looked whose that was. */
export async function moveBranch({ octokit, repository }: GitHub, branch: string, commit: string): Promise<void> {
  await octokit.rest.git.updateRef({ ...repository, ref: `heads/${branch}`, sha: commit, force: true });
}

export async function deleteBranch({ octokit, repository }: GitHub, branch: string): Promise<void> {
  try {
    await octokit.rest.git.deleteRef({ ...repository, ref: `heads/${branch}` });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
