import { randomBytes } from 'node:crypto';
import { renderApp, renderRepository, renderUser, type Fields } from './render.ts';
import { type Answer, type Call, notFound, Refusal, type Route, textsIn } from './router.ts';
import type { Repository } from './state.ts';
import type { World } from './world.ts';

export const appRoutes: readonly Route[] = [
  { method: 'GET', path: '/app', needs: undefined, answer: getApp },
  { method: 'GET', path: '/repos/{owner}/{repo}/installation', needs: undefined, answer: installationOfRepository },
  { method: 'GET', path: '/app/installations/{installation_id}', needs: undefined, answer: getInstallation },
  { method: 'POST', path: '/app/installations/{installation_id}/access_tokens', needs: undefined, answer: makeToken },
  { method: 'GET', path: '/installation/repositories', needs: undefined, answer: listRepositories },
  { method: 'GET', path: '/rate_limit', needs: undefined, answer: rateLimit },
];

function assertApp({ viewer }: Call): void {
  if (viewer.kind !== 'app') throw new Refusal(401, 'A JSON web token could not be decoded');
}

function getApp(call: Call): Answer {
  assertApp(call);
  return { status: 200, body: renderApp(call.world) };
}

function installationOfRepository(call: Call): Answer {
  assertApp(call);
  const { world, params } = call;
  const repository = world.repository(params['owner'] ?? '', params['repo'] ?? '');
  if (repository === undefined || !repository.installed) throw notFound();
  return { status: 200, body: renderInstallation(world, repository.owner) };
}

function getInstallation(call: Call): Answer {
  assertApp(call);
  assertInstallation(call);
  const first = [...call.world.repositories.values()].find(({ installed }) => installed);
  return { status: 200, body: renderInstallation(call.world, first?.owner ?? 'octo') };
}

function assertInstallation({ world, params }: Call): void {
  if (params['installation_id'] !== String(world.app.installationId)) throw notFound();
}

function renderInstallation(world: World, owner: string): Fields {
  const { id, slug, installationId } = world.app;
  const at = '2024-01-01T00:00:00Z';
  return {
    id: installationId,
    account: renderUser(world, owner),
    repository_selection: 'selected',
    access_tokens_url: `${world.apiUrl}/app/installations/${installationId}/access_tokens`,
    repositories_url: `${world.apiUrl}/installation/repositories`,
    html_url: `${world.url}/settings/installations/${installationId}`,
    app_id: id,
    app_slug: slug,
    target_id: world.user(owner)?.id ?? 1,
    target_type: 'Organization',
    permissions: world.permissions,
    events: ['pull_request', 'push'],
    created_at: at,
    updated_at: at,
    single_file_name: null,
    suspended_by: null,
    suspended_at: null,
  };
}

/** A token lives an hour on GitHub. */
function makeToken(call: Call): Answer {
  assertApp(call);
  assertInstallation(call);
  const { world, body } = call;
  const names = textsIn(body, 'repositories');
  const installed = [...world.repositories.values()].filter((repository) => repository.installed);
  const chosen = names === undefined ? installed : installed.filter(({ name }) => names.includes(name));
  if (names !== undefined && chosen.length < names.length) {
    throw new Refusal(422, 'There is at least one repository that does not exist or is not accessible.');
  }
  const { token, expiresAt } = newInstallationToken(world);
  return {
    status: 201,
    body: {
      token,
      expires_at: new Date(expiresAt).toISOString().replace(/\.\d+Z$/, 'Z'),
      permissions: world.permissions,
      repository_selection: 'selected',
      ...(names === undefined ? {} : { repositories: chosen.map((one: Repository) => renderRepository(world, one)) }),
    },
  };
}

export function newInstallationToken(world: World): { readonly token: string; readonly expiresAt: number } {
  const token = `ghs_${randomBytes(18).toString('hex')}`;
  const expiresAt = Date.now() + world.tokenLifeMs;
  world.tokens.set(token, { viewer: { kind: 'installation', permissions: world.permissions }, expiresAt });
  return { token, expiresAt };
}

function listRepositories({ world, viewer }: Call): Answer {
  if (viewer.kind !== 'installation') throw new Refusal(403, 'You must authenticate with an installation access token');
  const installed = [...world.repositories.values()].filter((repository) => repository.installed);
  return {
    list: installed.map((one) => renderRepository(world, one)),
    within: 'repositories',
    beside: { repository_selection: 'selected' },
  };
}

function rateLimit({ world }: Call): Answer {
  const { limit, used, resetAt } = world.faults;
  const core = { limit, used, remaining: Math.max(0, limit - used), reset: Math.ceil(resetAt / 1000) };
  return { status: 200, body: { resources: { core, search: core }, rate: core } };
}
