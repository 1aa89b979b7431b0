import { renderGitCommit } from './commits.ts';
import { afterPush } from './pulls.ts';
import { repositoryApi } from './render.ts';
import { repositoryRoute } from './repository-route.ts';
import {
  type Answer,
  type Body,
  listIn,
  notFound,
  recordIn,
  Refusal,
  type RepositoryCall,
  textIn,
  textsIn,
} from './router.ts';
import { noCommit } from './state.ts';

const read = { app: 'contents:read', role: 'read' } as const;
const write = { app: 'contents:write', role: 'write' } as const;

export const gitRoutes = [
  repositoryRoute('POST /git/blobs', write, createBlob),
  repositoryRoute('GET /git/blobs/{file_sha}', read, getBlob),
  repositoryRoute('POST /git/trees', write, createTree),
  repositoryRoute('GET /git/trees/{tree_sha}', read, getTree),
  repositoryRoute('POST /git/commits', write, createCommit),
  repositoryRoute('GET /git/commits/{commit_sha}', read, getCommit),
  repositoryRoute('POST /git/refs', write, createRef),
  repositoryRoute('GET /git/ref/{ref}', read, getRef),
  repositoryRoute('GET /git/matching-refs/{ref}', read, matchingRefs),
  repositoryRoute('PATCH /git/refs/{ref}', write, updateRef),
  repositoryRoute('DELETE /git/refs/{ref}', write, deleteRef),
];

async function createBlob({ world, repository, body }: RepositoryCall): Promise<Answer> {
  const encoding = textIn(body, 'encoding') === 'base64' ? 'base64' : 'utf8';
  const input = Buffer.from(textIn(body, 'content') ?? '', encoding);
  const sha = await world.bare(repository).git(['hash-object', '-w', '--stdin'], { input });
  return { status: 201, body: { sha, url: `${repositoryApi(world, repository)}/git/blobs/${sha}` } };
}

async function getBlob({ world, seen, params }: RepositoryCall): Promise<Answer> {
  const sha = objectId(params['file_sha']);
  const bare = world.bare(seen);
  if ((await bare.tryGit(['cat-file', '-t', sha])) !== 'blob') throw notFound();
  const content = await bare.gitBytes(['cat-file', 'blob', sha]);
  return {
    status: 200,
    body: {
      sha,
      node_id: `B_${sha.slice(0, 12)}`,
      size: content.length,
      url: `${repositoryApi(world, seen)}/git/blobs/${sha}`,
      content: content.toString('base64').replaceAll(/(.{60})/g, '$1\n'),
      encoding: 'base64',
    },
  };
}

function objectId(text: string | undefined): string {
  if (text === undefined || !/^[0-9a-f]{40}$/.test(text)) {
    throw new Refusal(422, 'The sha parameter must be exactly 40 characters and contain only [0-9a-f].');
  }
  return text;
}

/** `sha: null` removes a file; `content` makes its blob. */
async function createTree({ world, repository, body }: RepositoryCall): Promise<Answer> {
  const bare = world.bare(repository);
  const base = textIn(body, 'base_tree');
  const env = { GIT_INDEX_FILE: `${bare.path}/index-${world.tick()}` };
  if (base !== undefined && (await bare.tryGit(['read-tree', objectId(base)], { env })) === undefined) {
    throw new Refusal(422, 'base_tree is not a valid tree oid');
  }
  const lines: string[] = [];
  for (const entry of listIn(body, 'tree')) {
    const path = textIn(entry, 'path') ?? '';
    const content = textIn(entry, 'content');
    const given = textIn(entry, 'sha');
    const sha = content === undefined ? given : await bare.git(['hash-object', '-w', '--stdin'], { input: content });
    if (sha !== undefined && (await bare.tryGit(['cat-file', '-e', sha])) === undefined) {
      throw new Refusal(422, `tree.sha ${sha} is not a valid blob`);
    }
    if (sha === undefined) lines.push(`0 ${noCommit}\t${path}`);
    else lines.push(`${textIn(entry, 'mode') ?? '100644'} ${sha}\t${path}`);
  }
  await bare.git(['update-index', '--add', '-z', '--index-info'], { env, input: `${lines.join('\0')}\0` });
  const sha = await bare.git(['write-tree'], { env });
  return { status: 201, body: await treeBody({ world, seen: repository }, sha, false) };
}

async function getTree({ world, seen, params, query }: RepositoryCall): Promise<Answer> {
  const name = params['tree_sha'] ?? '';
  const sha = await world.bare(seen).tryGit(['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{tree}`]);
  if (sha === undefined) throw notFound();
  return { status: 200, body: await treeBody({ world, seen }, sha, query.has('recursive')) };
}

async function treeBody(
  { world, seen }: Pick<RepositoryCall, 'world' | 'seen'>,
  sha: string,
  isRecursive: boolean,
): Promise<unknown> {
  const args = ['ls-tree', '-l', '-z', ...(isRecursive ? ['-r', '-t'] : []), sha];
  const entries = (await world.bare(seen).git(args)).split('\0').filter((line) => line !== '');
  const api = `${repositoryApi(world, seen)}/git`;
  const tree = entries.map((line) => {
    const [head = '', path = ''] = line.split('\t');
    const [mode = '', type = '', id = '', size = '-'] = head.split(/ +/);
    const url = `${api}/${type}s/${id}`;
    return { path, mode, type, sha: id, url, ...(size === '-' ? {} : { size: Number(size) }) };
  });
  return { sha, url: `${api}/trees/${sha}`, tree, truncated: false };
}

/** GitHub signs what an App commits under its own name; a commit in another's name stays unsigned. */
async function createCommit(call: RepositoryCall): Promise<Answer> {
  const { world, repository, body, login, viewer } = call;
  const bare = world.bare(repository);
  const tree = objectId(textIn(body, 'tree'));
  if ((await bare.tryGit(['cat-file', '-t', tree])) !== 'tree') throw new Refusal(422, 'Tree SHA does not exist');
  const parents = (textsIn(body, 'parents') ?? []).map(objectId);
  for (const parent of parents) {
    if ((await bare.commitOf(parent)) === undefined)
      throw new Refusal(422, 'Parent SHA does not exist or is not a commit');
  }
  const given = personIn(body, 'author');
  const user = world.user(login);
  const author = given ?? { name: login, email: `${user?.id ?? 0}+${login}@users.noreply.github.com` };
  const isOwn = given === undefined && viewer.kind === 'installation';
  const sha = await bare.commitTree(tree, parents, {
    message: textIn(body, 'message') ?? '',
    author,
    committer: isOwn ? { name: 'GitHub', email: 'noreply@github.com' } : (personIn(body, 'committer') ?? author),
    sign: isOwn ? await world.signing() : [],
  });
  return { status: 201, body: await renderGitCommit(world, repository, sha) };
}

function personIn(body: Body, field: string): { name: string; email: string } | undefined {
  const person = recordIn(body, field);
  return person && { name: textIn(person, 'name') ?? '', email: textIn(person, 'email') ?? '' };
}

async function getCommit({ world, seen, params }: RepositoryCall): Promise<Answer> {
  const sha = objectId(params['commit_sha']);
  if ((await world.bare(seen).commitOf(sha)) !== sha) throw notFound();
  return { status: 200, body: await renderGitCommit(world, seen, sha) };
}

function refBody({ world, repository }: RepositoryCall, ref: string, sha: string): unknown {
  const api = `${repositoryApi(world, repository)}/git`;
  return {
    ref,
    node_id: `REF_${Buffer.from(ref).toString('hex').slice(0, 24)}`,
    url: `${api}/${ref}`,
    object: { type: 'commit', sha, url: `${api}/commits/${sha}` },
  };
}

async function createRef(call: RepositoryCall): Promise<Answer> {
  const { world, repository, body, login } = call;
  const [ref, sha] = [textIn(body, 'ref') ?? '', objectId(textIn(body, 'sha'))];
  const bare = world.bare(repository);
  if (!/^refs\/[^/]+\/.+/.test(ref) || (await bare.tryGit(['check-ref-format', ref])) === undefined) {
    throw new Refusal(422, 'Reference name is not valid.');
  }
  assertNotReserved(ref);
  if ((await bare.commitOf(ref)) !== undefined) throw new Refusal(422, 'Reference already exists');
  if ((await bare.commitOf(sha)) !== sha) throw new Refusal(422, 'Object does not exist');
  await bare.updateRef(ref, sha);
  await announce(call, { ref, before: noCommit, after: sha, by: login });
  return { status: 201, body: refBody(call, ref, sha) };
}

function assertNotReserved(ref: string): void {
  if (ref.startsWith('refs/pull/')) throw new Refusal(422, 'Reference update failed');
}

interface RefMove {
  readonly ref: string;
  readonly before: string;
  readonly after: string;
  readonly by: string;
}

async function announce({ world, repository }: RepositoryCall, { ref, ...move }: RefMove): Promise<void> {
  if (!ref.startsWith('refs/heads/')) return;
  await afterPush(world, repository, { ...move, branch: ref.slice('refs/heads/'.length) });
}

async function getRef(call: RepositoryCall): Promise<Answer> {
  const ref = `refs/${call.params['ref'] ?? ''}`;
  const sha = (await call.world.bare(call.seen).refs(ref)).get(ref.replace(/^refs\/heads\//, ''));
  if (sha === undefined) throw notFound();
  return { status: 200, body: refBody(call, ref, sha) };
}

async function matchingRefs(call: RepositoryCall): Promise<Answer> {
  const prefix = `refs/${call.params['ref'] ?? ''}`;
  const refs = await call.world.bare(call.seen).git(['for-each-ref', '--format=%(objectname) %(refname)']);
  const matching = refs
    .split('\n')
    .map((line) => ({ sha: line.slice(0, 40), ref: line.slice(41) }))
    .filter(({ ref }) => ref.startsWith(prefix));
  return { list: matching.map(({ ref, sha }) => refBody(call, ref, sha)) };
}

async function updateRef(call: RepositoryCall): Promise<Answer> {
  const { world, repository, params, body, login } = call;
  const [ref, sha] = [`refs/${params['ref'] ?? ''}`, objectId(textIn(body, 'sha'))];
  assertNotReserved(ref);
  const bare = world.bare(repository);
  const before = await bare.commitOf(ref);
  if (before === undefined) throw new Refusal(422, 'Reference does not exist');
  if ((await bare.commitOf(sha)) !== sha) throw new Refusal(422, 'Object does not exist');
  const isForced = body['force'] === true;
  if (!isForced && !(await bare.isAncestor(before, sha))) throw new Refusal(422, 'Update is not a fast forward');
  assertNotProtected(call, { ref, isForced: isForced && !(await bare.isAncestor(before, sha)) });
  await bare.updateRef(ref, sha);
  if (before !== sha) await announce(call, { ref, before, after: sha, by: login });
  return { status: 200, body: refBody(call, ref, sha) };
}

function assertNotProtected(
  { repository }: RepositoryCall,
  { ref, isForced }: { readonly ref: string; readonly isForced: boolean },
): void {
  const protection = repository.protections.get(ref.replace(/^refs\/heads\//, ''));
  if (protection === undefined) return;
  if (isForced && !protection.allowForcePushes) throw new Refusal(422, 'Cannot force-push to a protected branch');
  if (protection.requiredReviews > 0) throw new Refusal(422, 'Changes must be made through a pull request.');
}

async function deleteRef(call: RepositoryCall): Promise<Answer> {
  const { world, repository, params, login } = call;
  const ref = `refs/${params['ref'] ?? ''}`;
  assertNotReserved(ref);
  const bare = world.bare(repository);
  const before = await bare.commitOf(ref);
  if (before === undefined) throw new Refusal(422, 'Reference does not exist');
  if (repository.protections.has(ref.replace(/^refs\/heads\//, ''))) {
    throw new Refusal(422, 'Cannot delete a protected branch');
  }
  await bare.updateRef(ref, undefined);
  await announce(call, { ref, before, after: noCommit, by: login });
  return { status: 204 };
}
