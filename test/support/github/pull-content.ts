import { renderCommit } from './commits.ts';
import type { PullSize } from './render-pull.ts';
import { repositoryApi, repositoryPage } from './render.ts';
import type { RepositoryCall } from './router.ts';
import type { Pull, Repository } from './state.ts';
import type { World } from './world.ts';

/** At most 250, as GitHub lists. */
export async function pullCommits({ world, repository }: RepositoryCall, pull: Pull): Promise<unknown[]> {
  const range = `${pull.base.sha}..${pull.head.sha}`;
  const list = await world.bare(repository).git(['rev-list', '--reverse', '--max-count=250', range]);
  const commits = list.split('\n').filter((line) => line !== '');
  return Promise.all(commits.map((commit) => renderCommit(world, repository, commit)));
}

export async function pullSize(world: World, repository: Repository, pull: Pull): Promise<PullSize> {
  const key = `${pull.base.sha}...${pull.head.sha}`;
  const known = world.sizes.get(key);
  if (known !== undefined) return known;
  const bare = world.bare(repository);
  const files = await changedFiles(world, repository, pull);
  const commits = Number((await bare.tryGit(['rev-list', '--count', `${pull.base.sha}..${pull.head.sha}`])) ?? 0);
  const additions = files.reduce((sum, file) => sum + file.additions, 0);
  const deletions = files.reduce((sum, file) => sum + file.deletions, 0);
  const size = { commits, additions, deletions, files: files.length };
  world.sizes.set(key, size);
  return size;
}

/** At most 3,000, against the merge base. */
export async function pullFiles({ world, repository }: RepositoryCall, pull: Pull): Promise<unknown[]> {
  const files = (await changedFiles(world, repository, pull)).slice(0, 3000);
  const [api, page] = [repositoryApi(world, repository), repositoryPage(world, repository)];
  return files.map((file) => ({
    sha: file.blob,
    filename: file.path,
    ...(file.before === undefined ? {} : { previous_filename: file.before }),
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${page}/blob/${pull.head.sha}/${file.path}`,
    raw_url: `${page}/raw/${pull.head.sha}/${file.path}`,
    contents_url: `${api}/contents/${file.path}?ref=${pull.head.sha}`,
  }));
}

interface ChangedFile {
  readonly path: string;
  readonly before: string | undefined;
  readonly blob: string | null;
  readonly status: 'added' | 'removed' | 'modified' | 'renamed';
  readonly additions: number;
  readonly deletions: number;
}

async function changedFiles(world: World, repository: Repository, pull: Pull): Promise<ChangedFile[]> {
  const bare = world.bare(repository);
  const range = `${pull.base.sha}...${pull.head.sha}`;
  const args = ['diff', '-M', '-z', '--raw', '--numstat', '--no-abbrev', '--end-of-options', range, '--'];
  const parts = ((await bare.tryGit(args)) ?? '').split('\0').filter((part) => part !== '');
  const found: Omit<ChangedFile, 'additions' | 'deletions'>[] = [];
  const counts = new Map<string, readonly [number, number]>();
  for (let at = 0; at < parts.length; at += 1) {
    const part = parts[at] ?? '';
    if (!part.startsWith(':')) {
      const [added = '0', removed = '0', path] = part.split('\t');
      const isRename = path === '';
      counts.set(isRename ? (parts[at + 2] ?? '') : (path ?? ''), [Number(added) || 0, Number(removed) || 0]);
      if (isRename) at += 2;
      continue;
    }
    const [, , , blob = '', letter = ''] = part.split(' ');
    const isRename = letter.startsWith('R');
    const before = isRename ? parts[at + 1] : undefined;
    const path = parts[at + (isRename ? 2 : 1)] ?? '';
    found.push({ path, before, blob: /^0+$/.test(blob) ? null : blob, status: statusOf(letter) });
    at += isRename ? 2 : 1;
  }
  return found.map((file) => {
    const [additions, deletions] = counts.get(file.path) ?? [0, 0];
    return { ...file, additions, deletions };
  });
}

function statusOf(letter: string): ChangedFile['status'] {
  if (letter.startsWith('R')) return 'renamed';
  return letter === 'A' ? 'added' : letter === 'D' ? 'removed' : 'modified';
}
