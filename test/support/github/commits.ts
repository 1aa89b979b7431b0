import { type Fields, renderUser, repositoryApi, repositoryPage } from './render.ts';
import type { Repository } from './state.ts';
import type { World } from './world.ts';

interface Read {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Fields;
  readonly committer: Fields;
  readonly message: string;
  readonly signature: string | null;
  readonly payload: string | null;
  readonly emails: readonly [string, string];
}

async function readCommit(world: World, repository: Repository, sha: string): Promise<Read> {
  const raw = await world.bare(repository).git(['cat-file', 'commit', sha]);
  const end = raw.indexOf('\n\n');
  const head = raw.slice(0, end);
  const signature = /^gpgsig (.*(?:\n .*)*)/m.exec(head)?.[1]?.replaceAll('\n ', '\n') ?? null;
  const person = (name: string): Fields & { email: string } => {
    const match = new RegExp(`^${name} (.*) <(.*)> (\\d+) [+-]\\d+$`, 'm').exec(head);
    const date = new Date(Number(match?.[3] ?? 0) * 1000).toISOString().replace('.000Z', 'Z');
    return { name: match?.[1] ?? '', email: match?.[2] ?? '', date };
  };
  const [author, committer] = [person('author'), person('committer')];
  return {
    sha,
    tree: /^tree (\w+)/m.exec(head)?.[1] ?? '',
    parents: [...head.matchAll(/^parent (\w+)/gm)].map((match) => match[1] ?? ''),
    author,
    committer,
    message: raw.slice(end + 2).replace(/\n+$/, ''),
    signature,
    payload: signature === null ? null : raw.replace(/^gpgsig .*(?:\n .*)*\n/m, ''),
    emails: [author.email, committer.email],
  };
}

/** As the list of commits has it. */
export async function renderCommit(world: World, repository: Repository, sha: string): Promise<Fields> {
  const commit = await readCommit(world, repository, sha);
  const [api, page] = [repositoryApi(world, repository), repositoryPage(world, repository)];
  return {
    sha,
    node_id: `C_${sha.slice(0, 12)}`,
    url: `${api}/commits/${sha}`,
    html_url: `${page}/commit/${sha}`,
    comments_url: `${api}/commits/${sha}/comments`,
    commit: {
      url: `${api}/git/commits/${sha}`,
      author: commit.author,
      committer: commit.committer,
      message: commit.message,
      comment_count: 0,
      tree: { sha: commit.tree, url: `${api}/git/trees/${commit.tree}` },
      verification: verificationOf(commit),
    },
    author: accountOf(world, commit.emails[0]),
    committer: accountOf(world, commit.emails[1]),
    parents: parentsOf(api, page, commit.parents),
  };
}

/** As the Git data API has it. */
export async function renderGitCommit(world: World, repository: Repository, sha: string): Promise<Fields> {
  const commit = await readCommit(world, repository, sha);
  const [api, page] = [repositoryApi(world, repository), repositoryPage(world, repository)];
  return {
    sha,
    node_id: `C_${sha.slice(0, 12)}`,
    url: `${api}/git/commits/${sha}`,
    html_url: `${page}/commit/${sha}`,
    author: commit.author,
    committer: commit.committer,
    message: commit.message,
    tree: { sha: commit.tree, url: `${api}/git/trees/${commit.tree}` },
    parents: parentsOf(`${api}/git`, page, commit.parents),
    verification: verificationOf(commit),
  };
}

function parentsOf(api: string, page: string, parents: readonly string[]): Fields[] {
  return parents.map((sha) => ({ sha, url: `${api}/commits/${sha}`, html_url: `${page}/commit/${sha}` }));
}

/** Whoever has the address on GitHub; anybody may write any address into a commit. */
function accountOf(world: World, email: string): Fields | null {
  const login = /^(?:\d+\+)?([^@]+)@users\.noreply\.github\.com$/.exec(email)?.[1];
  if (email === 'noreply@github.com') return renderUser(world, 'web-flow');
  return login !== undefined && world.user(login) !== undefined ? renderUser(world, login) : null;
}

/** GitHub vouches for its own key alone; of others it says that it does not know them. */
function verificationOf({ signature, payload, emails }: Read): Fields {
  const isOwn = signature !== null && emails[1] === 'noreply@github.com';
  const reason = signature === null ? 'unsigned' : isOwn ? 'valid' : 'unknown_key';
  return { verified: isOwn, reason, signature, payload, verified_at: isOwn ? '2024-01-01T00:00:00Z' : null };
}
