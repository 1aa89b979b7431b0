import type { Repository } from './state.ts';
import type { World } from './world.ts';

/** A repository with nothing in it and nobody but its owner. */
export function emptyRepository(
  world: World,
  { owner, name, private: isPrivate }: { readonly owner: string; readonly name: string; readonly private: boolean },
): Repository {
  return {
    id: world.id(),
    owner,
    name,
    private: isPrivate,
    parent: undefined,
    defaultBranch: 'main',
    createdAt: world.now(),
    installed: false,
    roles: new Map(),
    lastNumber: 0,
    pulls: new Map(),
    issues: new Map(),
    comments: new Map(),
    checks: new Map(),
    statuses: [],
    deployments: new Map(),
    protections: new Map(),
    activity: [],
    queue: [],
  };
}
