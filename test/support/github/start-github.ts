import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listen } from '../loopback.ts';
import type { Actions } from './actions.ts';
import type { Files } from './bare.ts';
import { Description } from './description.ts';
import type { Faults } from './faults.ts';
import { createForgeKey } from './forge-key.ts';
import { emptyRepository } from './empty-repository.ts';
import { type People, peopleOf } from './people.ts';
import { newInstallationToken } from './routes-apps.ts';
import { Router } from './router.ts';
import { routes } from './routes.ts';
import { answer } from './server.ts';
import { fullName, type Protection, type Repository, type Role, type User } from './state.ts';
import type { Webhooks } from './webhooks.ts';
import { World } from './world.ts';

export interface NewRepository {
  readonly owner: string;
  readonly name: string;
  /** The first commit on `main`; none: an empty repository. */
  readonly files?: Files;
  readonly private?: boolean;
  /** False: the App is not installed on it. */
  readonly installed?: boolean;
  /** Roles by login; the owner is an admin anyway. */
  readonly roles?: Readonly<Record<string, Role>>;
}

export interface GitHubOptions {
  /** As GitHub does; it costs a process for each merge. Needs gpg. */
  readonly signsMerges?: boolean;
  /** What the App may do; everything that pawl asks for, by default. */
  readonly permissions?: Readonly<Record<string, string>>;
  /** How long a token of the App is good for: an hour by default. */
  readonly tokenLifeMs?: number;
}

/** GitHub on a port of this machine, as a program and as people meet it. */
export interface TestGitHub {
  readonly url: string;
  /** What `PAWL_GITHUB_API_URL` is set to. */
  readonly apiUrl: string;
  readonly app: {
    readonly id: number;
    readonly slug: string;
    /** The login that the App acts under. */
    readonly login: string;
    readonly installationId: number;
    /** PEM. */
    readonly privateKey: string;
  };
  /** Acts as people do, and sends the webhooks that follow. */
  readonly people: People;
  readonly webhooks: Webhooks;
  /** Issues the OpenID Connect tokens of Actions' jobs; its `issuer` serves the keys. */
  readonly actions: Actions;
  readonly faults: Faults;
  /** Method, path below the API's base with its query (or Git's own path) and status of every request so far. */
  readonly requests: readonly { readonly method: string; readonly path: string; readonly status: number }[];
  /** What of the double or of a request broke GitHub's description; `close` throws for it. */
  readonly violations: string[];
  /** All that there is of a repository: `pulls`, `comments`, `checks`, `statuses`, `deployments`, `issues`, …. */
  state(repository: string): Repository;
  cloneUrl(owner: string, name: string): string;
  createRepository(wish: NewRepository): Promise<Repository>;
  addUser(login: string, type?: User['type']): User;
  /** A token of a user's, made at the first question; for Git it is the password. */
  tokenOf(login: string): string;
  /** A token of the App, as its login would make it. */
  installationToken(): string;
  setRole(repository: string, login: string, role: Role): void;
  setTeam(team: string, members: Readonly<Record<string, 'member' | 'maintainer' | 'pending'>>): void;
  protect(repository: string, branch: string, protection?: Partial<Protection>): Promise<void>;
  /** Runs git in the bare repository: `refs/pull/N/head` and `refs/pull/N/merge` are there too. */
  git(repository: string, ...args: readonly string[]): Promise<string>;
  /** The public half of what the forge signs its merges with. */
  forgeKey(): Promise<string>;
  close(): Promise<void>;
}

/** Starts GitHub's double. It serves Git at `/owner/name.git` and the API at `/api/v3`. */
export async function startGitHub(options: GitHubOptions = {}): Promise<TestGitHub> {
  const root = await mkdtemp(join(tmpdir(), 'pawl-github-'));
  const world = new World(root);
  world.signsMerges = options.signsMerges ?? false;
  world.permissions = options.permissions ?? world.permissions;
  world.tokenLifeMs = options.tokenLifeMs ?? world.tokenLifeMs;
  const router = new Router(routes);
  const description = new Description();
  world.webhooks.check = (event, payload) => {
    const problems = description.webhookProblems(event, payload);
    if (problems.length > 0) world.violations.push(`webhook ${event}: ${problems.join('; ')}`);
  };
  const server = await listen((request, response) => answer({ world, router, description }, request, response));
  world.url = server.url;
  const { id, slug, installationId, privateKey } = world.app;
  return {
    url: server.url,
    apiUrl: world.apiUrl,
    app: { id, slug, login: `${slug}[bot]`, installationId, privateKey },
    people: peopleOf(world),
    webhooks: world.webhooks,
    actions: world.actions,
    faults: world.faults,
    requests: world.requests,
    violations: world.violations,
    state: (repository) => world.expectRepository(repository),
    cloneUrl: (owner, name) => `${server.url}/${owner}/${name}.git`,
    createRepository: (wish) => createRepository(world, wish),
    addUser: (login, type) => world.addUser(login, type),
    tokenOf: (login) => tokenOf(world, login),
    installationToken: () => newInstallationToken(world).token,
    setRole: (repository, login, role) => {
      world.addUser(login);
      world.expectRepository(repository).roles.set(login.toLowerCase(), role);
    },
    setTeam: (team, members) => setTeam(world, team, members),
    protect: (repository, branch, protection = {}) =>
      protect(world, world.expectRepository(repository), { branch, protection }),
    git: (repository, ...args) => world.bare(world.expectRepository(repository)).git(args),
    forgeKey: async () => (world.forgeKey ??= await createForgeKey()).publicKey,
    close: async () => {
      await world.forgeKey?.remove();
      await world.webhooks.close();
      await server.close();
      await rm(root, { recursive: true, force: true, maxRetries: 5 });
      if (world.violations.length > 0)
        throw new Error(`GitHub's description was broken:\n${world.violations.join('\n')}`);
    },
  };
}

async function createRepository(world: World, wish: NewRepository): Promise<Repository> {
  const { owner, name, files, roles = {} } = wish;
  world.addUser(owner, 'Organization');
  const repository = emptyRepository(world, { owner, name, private: wish.private ?? true });
  repository.installed = wish.installed ?? true;
  for (const [login, role] of Object.entries(roles)) {
    world.addUser(login);
    repository.roles.set(login.toLowerCase(), role);
  }
  const bare = world.bare(repository);
  await bare.init(repository.defaultBranch);
  if (files !== undefined) {
    const author = { name: owner, email: `${owner}@users.noreply.github.com` };
    const commit = await bare.commitFiles(undefined, files, { message: 'Begin\n', author });
    await bare.updateRef(`refs/heads/${repository.defaultBranch}`, commit);
  }
  world.repositories.set(fullName(repository).toLowerCase(), repository);
  return repository;
}

function tokenOf(world: World, login: string): string {
  const user = world.addUser(login);
  const token = `ghp_${createHash('sha256').update(user.login).digest('hex').slice(0, 36)}`;
  world.tokens.set(token, { viewer: { kind: 'user', login: user.login }, expiresAt: Number.POSITIVE_INFINITY });
  return token;
}

function setTeam(
  world: World,
  team: string,
  members: Readonly<Record<string, 'member' | 'maintainer' | 'pending'>>,
): void {
  const [organisation = '', slug = ''] = team.split('/');
  for (const login of Object.keys(members)) world.addUser(login);
  const entries = Object.entries(members).map(([login, role]) => [login.toLowerCase(), role] as const);
  world.teams.set(team.toLowerCase(), { organisation, slug, members: new Map(entries) });
}

async function protect(world: World, repository: Repository, { branch, protection }: Protecting): Promise<void> {
  repository.protections.set(branch, {
    requiredChecks: [],
    requiredSignatures: false,
    requiredReviews: 0,
    allowForcePushes: false,
    enforceAdmins: true,
    ...protection,
  });
  const refused = [...repository.protections].flatMap(([name, { requiredReviews, allowForcePushes }]) => {
    const what = requiredReviews > 0 ? 'push' : allowForcePushes ? undefined : 'force';
    return what === undefined ? [] : [[name, what] as const];
  });
  await world.bare(repository).protect(new Map(refused));
}

interface Protecting {
  readonly branch: string;
  readonly protection: Partial<Protection>;
}
