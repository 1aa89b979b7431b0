import { generateKeyPairSync, type KeyObject, type KeyPairKeyObjectResult } from 'node:crypto';
import { join } from 'node:path';
import { Actions } from './actions.ts';
import { Bare } from './bare.ts';
import { Faults } from './faults.ts';
import { createForgeKey, type ForgeKey } from './forge-key.ts';
import type { PullSize } from './render-pull.ts';
import { fullName, type Repository, type Role, type User } from './state.ts';
import { Webhooks } from './webhooks.ts';

export type Viewer =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'user'; readonly login: string }
  /** The App by its JWT: it may ask who it is and make tokens, and nothing else. */
  | { readonly kind: 'app' }
  | { readonly kind: 'installation'; readonly permissions: Readonly<Record<string, string>> };

export interface Team {
  readonly organisation: string;
  readonly slug: string;
  readonly members: Map<string, 'member' | 'maintainer' | 'pending'>;
}

export interface AppKeys {
  readonly id: number;
  readonly slug: string;
  readonly installationId: number;
  readonly privateKey: string;
  readonly publicKey: KeyObject;
}

/** Making one takes longer than most tests. */
let appKeys: KeyPairKeyObjectResult | undefined;

/** Everything that the double knows. */
export class World {
  /** Set once the server listens. */
  url = '';
  readonly root: string;
  readonly app: AppKeys;
  readonly users = new Map<string, User>();
  readonly teams = new Map<string, Team>();
  /** By token. */
  readonly tokens = new Map<string, { readonly viewer: Viewer; readonly expiresAt: number }>();
  /** By `owner/name` in lower case. */
  readonly repositories = new Map<string, Repository>();
  /** What a read shortly after a write sees, by `owner/name` in lower case. */
  readonly past = new Map<string, { readonly repository: Repository; readonly at: number }>();
  readonly faults = new Faults();
  readonly webhooks: Webhooks;
  readonly requests: { readonly method: string; readonly path: string; readonly status: number }[] = [];
  /** What broke GitHub's own description; a test that closes the double with one fails. */
  readonly violations: string[] = [];
  /** How long a token of the App is good for. */
  tokenLifeMs = 3_600_000;
  permissions: Readonly<Record<string, string>> = {
    checks: 'write',
    contents: 'write',
    deployments: 'write',
    issues: 'write',
    members: 'read',
    metadata: 'read',
    pull_requests: 'write',
    statuses: 'write',
    administration: 'read',
  };
  /** Requests that write and are not answered yet. */
  writing = 0;
  /** Who makes tokens for jobs of Actions. */
  readonly actions: Actions = new Actions(this);
  /** By `base...head`: commits do not change. */
  readonly sizes = new Map<string, PullSize>();
  /** The forge signs squash and merge commits; it costs a process each. */
  signsMerges = false;
  forgeKey: ForgeKey | undefined;
  #turn: Promise<void> = Promise.resolve();
  readonly #bares = new Map<string, Bare>();
  #id = 1000;
  #tick = 0;

  constructor(root: string) {
    this.root = root;
    appKeys ??= generateKeyPairSync('rsa', { modulusLength: 2048 });
    const privateKey = appKeys.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
    this.app = { id: 77, slug: 'pawl-app', installationId: 7701, privateKey, publicKey: appKeys.publicKey };
    this.webhooks = new Webhooks(this.app.installationId);
    this.addUser(`${this.app.slug}[bot]`, 'Bot');
    this.addUser('web-flow');
  }

  get apiUrl(): string {
    return `${this.url}/api/v3`;
  }

  id(): number {
    this.#id += 1;
    return this.#id;
  }

  /** Counts on; commits are a second apart by it, so that the same actions give the same commits in every run. */
  readonly tick = (): number => {
    this.#tick += 1;
    return this.#tick;
  };

  now(): string {
    return new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  }

  addUser(login: string, type: User['type'] = 'User'): User {
    const known = this.user(login);
    if (known !== undefined) return known;
    const user = { id: this.id(), login, type };
    this.users.set(login.toLowerCase(), user);
    return user;
  }

  user(login: string): User | undefined {
    return this.users.get(login.toLowerCase());
  }

  repository(owner: string, name: string): Repository | undefined {
    return this.repositories.get(`${owner}/${name}`.toLowerCase());
  }

  /** The repository, for a caller that has just made it. */
  expectRepository(path: string): Repository {
    const found = this.repositories.get(path.toLowerCase());
    if (found === undefined) throw new Error(`the double has no repository ${path}`);
    return found;
  }

  bare(repository: { readonly owner: string; readonly name: string }): Bare {
    const name = fullName(repository).toLowerCase();
    const known = this.#bares.get(name);
    if (known !== undefined) return known;
    const bare = new Bare(join(this.root, `${fullName(repository)}.git`), this.tick);
    this.#bares.set(name, bare);
    return bare;
  }

  forget(repository: Repository): void {
    const name = fullName(repository).toLowerCase();
    this.repositories.delete(name);
    this.#bares.delete(name);
  }

  /** What a person may do there; the owner may do everything. */
  roleOf(repository: Repository, login: string): Role {
    if (login.toLowerCase() === repository.owner.toLowerCase()) return 'admin';
    const role = repository.roles.get(login.toLowerCase());
    return role ?? (repository.private ? 'none' : 'read');
  }

  loginOf(viewer: Viewer): string | undefined {
    switch (viewer.kind) {
      case 'anonymous':
        return undefined;
      case 'user':
        return viewer.login;
      case 'app':
      case 'installation':
        return `${this.app.slug}[bot]`;
    }
  }

  /** How the forge signs the commits that it makes; empty: it does not. */
  async signing(): Promise<readonly string[]> {
    if (!this.signsMerges) return [];
    this.forgeKey ??= await createForgeKey();
    return this.forgeKey.settings;
  }

  /** Does one thing after the other: what the double does at once, GitHub does in some order. */
  async alone<T>(work: () => Promise<T> | T): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.then(
      () => undefined,
      () => undefined,
    );
    return turn;
  }

  /** Called before anything changes: what is there now may be what the next read sees. */
  remember(repository: Repository): void {
    if (!this.faults.isStaleSometimes()) return;
    const at = Date.now();
    const name = fullName(repository).toLowerCase();
    const before = this.past.get(name);
    // Several writes within the lag leave the oldest view, as a replica that is behind by that much has it.
    if (before !== undefined && this.faults.isStale(before.at)) return;
    this.past.set(name, { repository: structuredClone(repository), at });
  }

  /** What a read sees: mostly what there is. */
  seen(repository: Repository): Repository {
    const past = this.past.get(fullName(repository).toLowerCase());
    return past !== undefined && this.faults.takeStale(past.at) ? past.repository : repository;
  }
}
