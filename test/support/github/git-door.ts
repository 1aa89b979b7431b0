import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerByBackend } from '../git-http.ts';
import { afterPush } from './pulls.ts';
import { isAtLeast, maySee } from './repository-route.ts';
import { noCommit, type Repository } from './state.ts';
import type { Viewer, World } from './world.ts';

/** Serves `/owner/name.git` to a real Git client: who may not see it is told that it is not there. */
export async function answerGit(world: World, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  world.requests.push({ method: request.method ?? 'GET', path: request.url ?? '/', status: 0 });
  if (world.faults.gitDown) {
    response.writeHead(503).end('Service Unavailable\n');
    return;
  }
  const match = /^\/([^/]+)\/([^/]+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/.exec(url.pathname);
  const [, owner = '', name = '', part = ''] = match ?? [];
  const viewer = viewerOfBasic(world, request.headers.authorization);
  const repository = world.repository(owner, name);
  const isPush = part === 'git-receive-pack' || url.searchParams.get('service') === 'git-receive-pack';
  if (viewer === undefined || (viewer.kind === 'anonymous' && (isPush || repository?.private !== false))) {
    response.writeHead(401, { 'www-authenticate': 'Basic realm="GitHub"' }).end('Authentication required\n');
    return;
  }
  if (repository === undefined || !maySee(world, repository, viewer)) {
    response.writeHead(404).end('Repository not found.\n');
    return;
  }
  if (isPush && !mayPush(world, repository, viewer)) {
    response.writeHead(403).end('Permission to this repository denied.\n');
    return;
  }
  // The backend finds the folder by the path, whose letters may differ from the repository's.
  request.url = `/${repository.owner}/${repository.name}.git/${part}${url.search}`;
  if (part !== 'git-receive-pack') return answerByBackend(world.root, { request, response });
  await world.alone(() => push(world, repository, { request, response, by: world.loginOf(viewer) ?? 'ghost' }));
}

interface PushRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly by: string;
}

async function push(world: World, repository: Repository, { request, response, by }: PushRequest): Promise<void> {
  const bare = world.bare(repository);
  const before = await bare.branches();
  world.remember(repository);
  const done = async (): Promise<void> => {
    const after = await bare.branches();
    for (const branch of new Set([...before.keys(), ...after.keys()])) {
      const [from, to] = [before.get(branch) ?? noCommit, after.get(branch) ?? noCommit];
      if (from !== to) await afterPush(world, repository, { branch, before: from, after: to, by });
    }
  };
  await answerByBackend(world.root, { request, response, done });
}

/** The password is the token, whatever the name is; undefined: it is no token. */
function viewerOfBasic(world: World, header: string | undefined): Viewer | undefined {
  if (header === undefined) return { kind: 'anonymous' };
  const [scheme = '', value = ''] = header.split(' ');
  if (scheme.toLowerCase() !== 'basic') return undefined;
  const [name = '', password = ''] = Buffer.from(value, 'base64').toString('utf8').split(':');
  const known = world.tokens.get(password) ?? world.tokens.get(name);
  return known === undefined || known.expiresAt < Date.now() ? undefined : known.viewer;
}

function mayPush(world: World, repository: Repository, viewer: Viewer): boolean {
  if (viewer.kind === 'installation') return repository.installed && viewer.permissions['contents'] === 'write';
  return viewer.kind === 'user' && isAtLeast(world.roleOf(repository, viewer.login), 'write');
}
