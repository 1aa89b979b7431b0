import { type Call, type Handler, type Needs, notFound, Refusal, type Route } from './router.ts';
import type { Repository, Role } from './state.ts';
import type { Viewer, World } from './world.ts';

const order: readonly Role[] = ['none', 'read', 'triage', 'write', 'maintain', 'admin'];

export function isAtLeast(role: Role, wanted: Role): boolean {
  return order.indexOf(role) >= order.indexOf(wanted);
}

/** A route below `/repos/{owner}/{repo}`: what the caller may not see is not found, what it may not do is refused. */
export function repositoryRoute(request: string, needs: Needs, handler: Handler): Route {
  const [method = '', suffix = ''] = request.split(' ');
  const answer = async (call: Call) => {
    const { owner = '', repo = '' } = call.params;
    const repository = call.world.repository(owner, repo);
    if (repository === undefined || !maySee(call.world, repository, call.viewer)) throw notFound();
    assertMay(call, repository, needs);
    if (method !== 'GET') call.world.remember(repository);
    const seen = method === 'GET' ? call.world.seen(repository) : repository;
    return handler({ ...call, repository, seen });
  };
  return { method, path: `/repos/{owner}/{repo}${suffix}`, needs, answer };
}

export function maySee(world: World, repository: Repository, viewer: Viewer): boolean {
  switch (viewer.kind) {
    case 'app':
      return false;
    case 'installation':
      return repository.installed || !repository.private;
    case 'anonymous':
      return !repository.private;
    case 'user':
      return isAtLeast(world.roleOf(repository, viewer.login), 'read');
  }
}

function assertMay(call: Call, repository: Repository, needs: Needs): void {
  const { viewer, world } = call;
  const [area = '', level = ''] = needs.app.split(':');
  if (viewer.kind === 'installation') {
    const given = repository.installed ? viewer.permissions[area] : undefined;
    const isGiven = given === 'write' || given === 'admin' || given === level;
    if (isGiven || (level === 'read' && !repository.private && area !== 'administration')) return;
    throw new Refusal(403, 'Resource not accessible by integration', {
      headers: { 'x-accepted-github-permissions': `${area}=${level}` },
    });
  }
  if (level === 'read' && needs.role === 'read') return;
  if (viewer.kind === 'anonymous') throw new Refusal(401, 'Requires authentication');
  if (needs.role === undefined) {
    throw new Refusal(403, 'You must authenticate via a GitHub App.');
  }
  const role = viewer.kind === 'user' ? world.roleOf(repository, viewer.login) : 'none';
  if (isAtLeast(role, needs.role)) return;
  // GitHub does not say that there is something to administer.
  if (area === 'administration' || area === 'contents') throw notFound();
  throw new Refusal(403, 'Must have admin rights to Repository.');
}
