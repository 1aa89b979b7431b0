import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, type GenerateKeyPairResult, SignJWT } from 'jose';
import { fullName } from './state.ts';
import type { World } from './world.ts';

/** A job of GitHub Actions, as its token tells of it. */
export interface ActionsJob {
  /** `owner/name`, where the workflow runs: for a pull request from a fork, the base repository. */
  readonly repository: string;
  readonly event: 'pull_request' | 'push' | 'merge_group' | 'workflow_dispatch' | 'pull_request_target' | 'schedule';
  readonly ref: string;
  readonly sha?: string;
  readonly actor?: string;
  readonly audience?: string;
  readonly headRef?: string;
  readonly baseRef?: string;
  readonly environment?: string;
  /** Seconds from now; a negative one has run out. */
  readonly lifeSeconds?: number;
  /** Claims that replace those that follow from the rest. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

const keyId = 'actions-1';

/** Issues the OpenID Connect tokens of jobs, and serves the keys that they are checked with. */
export class Actions {
  readonly #world: World;
  readonly #jobs = new Map<string, ActionsJob>();
  #keys: Promise<GenerateKeyPairResult> | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  get issuer(): string {
    return `${this.#world.url}/actions`;
  }

  async issue(job: ActionsJob): Promise<string> {
    const { repository, event, lifeSeconds = 300, claims = {} } = job;
    const found = this.#world.expectRepository(repository);
    const actor = job.actor ?? found.owner;
    const { privateKey } = await this.#pair();
    const now = Math.floor(Date.now() / 1000);
    const owner = this.#world.user(found.owner);
    const workflow = `${fullName(found)}/.github/workflows/pawl.yaml@${job.ref}`;
    const all = {
      iss: this.issuer,
      aud: job.audience ?? `${this.#world.url}/${found.owner}`,
      sub: subjectOf(fullName(found), job),
      jti: randomUUID(),
      iat: now,
      nbf: now - 600,
      exp: now + lifeSeconds,
      repository: fullName(found),
      repository_id: String(found.id),
      repository_owner: found.owner,
      repository_owner_id: String(owner?.id ?? 0),
      repository_visibility: found.private ? 'private' : 'public',
      ref: job.ref,
      ref_type: 'branch',
      ref_protected: found.protections.has(job.ref.replace(/^refs\/heads\//, '')) ? 'true' : 'false',
      sha: job.sha ?? (await this.#world.bare(found).commitOf(job.ref)) ?? '0'.repeat(40),
      head_ref: job.headRef ?? '',
      base_ref: job.baseRef ?? '',
      event_name: event,
      actor,
      actor_id: String(this.#world.user(actor)?.id ?? 0),
      workflow: 'pawl',
      workflow_ref: workflow,
      job_workflow_ref: workflow,
      run_id: '1',
      run_number: '1',
      run_attempt: '1',
      runner_environment: 'github-hosted',
      ...(job.environment === undefined ? {} : { environment: job.environment }),
      ...claims,
    };
    return new SignJWT(all).setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: keyId, x5t: keyId }).sign(privateKey);
  }

  /** What the runner's environment says to a job that may ask for tokens: `ACTIONS_ID_TOKEN_REQUEST_URL` and `_TOKEN`. */
  start(job: ActionsJob): { readonly requestUrl: string; readonly requestToken: string } {
    const requestToken = randomUUID();
    this.#jobs.set(requestToken, job);
    return { requestUrl: `${this.issuer}/token?api-version=2.0`, requestToken };
  }

  /** Undefined: the path is not this one's. */
  async answer(url: URL, authorization: string | undefined): Promise<unknown> {
    if (!url.pathname.startsWith('/actions/')) return undefined;
    const part = url.pathname.slice('/actions'.length);
    if (part === '/.well-known/openid-configuration') {
      return { issuer: this.issuer, jwks_uri: `${this.issuer}/.well-known/jwks` };
    }
    if (part === '/.well-known/jwks') {
      const { publicKey } = await this.#pair();
      return { keys: [{ ...(await exportJWK(publicKey)), kid: keyId, use: 'sig', alg: 'RS256' }] };
    }
    const job = this.#jobs.get((authorization ?? '').replace(/^bearer /i, ''));
    if (part !== '/token' || job === undefined) return undefined;
    const audience = url.searchParams.get('audience');
    return { value: await this.issue(audience === null ? job : { ...job, audience }) };
  }

  async #pair(): Promise<GenerateKeyPairResult> {
    this.#keys ??= generateKeyPair('RS256', { extractable: true });
    return this.#keys;
  }
}

function subjectOf(repository: string, { event, ref, environment }: ActionsJob): string {
  if (environment !== undefined) return `repo:${repository}:environment:${environment}`;
  return event === 'pull_request' ? `repo:${repository}:pull_request` : `repo:${repository}:ref:${ref}`;
}
