import { jwtVerify, type JWTPayload } from 'jose';
import type { ActionsSettings } from '../config-actions.ts';
import { reasonOf } from './oidc.ts';
import { OidcProvider } from './oidc-provider.ts';

/** What GitHub vouches for of a job: never taken from a body. */
export interface ActionsJob {
  /** The token's own id: each is good for one request. */
  readonly token: string;
  readonly expiresAt: Date;
  /** The commit that the workflow runs for. */
  readonly commit: string;
  /** `owner/name`, as GitHub calls the repository of that number today. */
  readonly repository: string;
  /** The branch that would change: a pull request's base, or what was pushed to. */
  readonly branch: string;
  readonly from: { readonly kind: 'branch'; readonly ref: string } | PullRequestJob;
  /** For the log: repository and run. */
  readonly run: string;
}

export interface PullRequestJob {
  readonly kind: 'pull';
  readonly number: number;
  /** The branch of the repository that the pull request brings. */
  readonly head: string;
}

export type ProvedJob = { readonly job: ActionsJob } | { readonly refused: string };

/** Whom a token of a job belongs to, or for the log why nobody's plan is made for it. */
export type ProveJob = (token: string) => Promise<ProvedJob>;

const tokenBytesMax = 16 * 1024;
const clockToleranceSeconds = 30;
/** GitHub's are good for minutes: an older one was kept by somebody. */
const ageMax = '20m';

/**
 * Tokens that GitHub gives to jobs. Only its signature by its published keys counts: what a token's header says of
 * algorithms beside RS256, or of where keys are to be had, is not looked at.
 */
export function actionsTokens(settings: ActionsSettings, now?: () => Date): ProveJob {
  const provider = new OidcProvider(settings.issuer);
  return async (token) => {
    // What is no such token costs no look at the issuer.
    if (token.length > tokenBytesMax || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return { refused: 'malformed' };
    try {
      const { payload } = await jwtVerify(token, await provider.keys(), {
        issuer: settings.issuer,
        audience: settings.audience,
        algorithms: ['RS256'],
        clockTolerance: clockToleranceSeconds,
        maxTokenAge: ageMax,
        requiredClaims: ['exp', 'iat', 'nbf', 'jti', 'sub', 'repository_id', 'event_name', 'sha', 'ref'],
        ...(now === undefined ? {} : { currentDate: now() }),
      });
      return jobOf(payload, settings);
    } catch (error) {
      return { refused: reasonOf(error) };
    }
  };
}

function jobOf(payload: JWTPayload, { audience, repositoryIds }: ActionsSettings): ProvedJob {
  const { jti = '', exp = 0 } = payload;
  const [event, sha, ref] = ['event_name', 'sha', 'ref'].map((name) => textIn(payload, name));
  // A token for two audiences could be handed on by the other.
  if (payload.aud !== audience) return { refused: 'audience' };
  if (!repositoryIds.includes(textIn(payload, 'repository_id'))) return { refused: 'repository_id' };
  if (jti === '' || jti.length > 200) return { refused: 'jti' };
  if (sha === undefined || !/^[0-9a-f]{40}$/.test(sha)) return { refused: 'sha' };
  const from = fromOf(payload, event ?? '', ref ?? '');
  if (from === undefined) return { refused: 'event_name or ref' };
  const repository = textIn(payload, 'repository').slice(0, 200);
  const run = `${repository} ${textIn(payload, 'run_id')}`.slice(0, 300);
  return { job: { token: jti, expiresAt: new Date(exp * 1000), commit: sha, repository, run, ...from } };
}

/** Where the commit must be, by the event. Undefined: an event that no plan is made for, such as `pull_request_target`. */
function fromOf(payload: JWTPayload, event: string, ref: string): Pick<ActionsJob, 'branch' | 'from'> | undefined {
  switch (event) {
    case 'pull_request': {
      const [, number] = /^refs\/pull\/([1-9]\d{0,8})\/merge$/.exec(ref) ?? [];
      const [branch, head] = [textIn(payload, 'base_ref'), textIn(payload, 'head_ref')];
      if (number === undefined || branch === '' || head === '') return undefined;
      return { branch, from: { kind: 'pull', number: Number(number), head } };
    }
    case 'merge_group': {
      const [, branch] = /^refs\/heads\/gh-readonly-queue\/(.+)\/pr-\d+-[0-9a-f]{40}$/.exec(ref) ?? [];
      return branch === undefined ? undefined : { branch, from: { kind: 'branch', ref } };
    }
    case 'push':
    case 'schedule':
    case 'workflow_dispatch': {
      const [, branch] = /^refs\/heads\/(.+)$/.exec(ref) ?? [];
      return branch === undefined ? undefined : { branch, from: { kind: 'branch', ref } };
    }
    default:
      return undefined;
  }
}

function textIn(payload: JWTPayload, name: string): string {
  const value = Object.hasOwn(payload, name) ? payload[name] : undefined;
  return typeof value === 'string' ? value : '';
}
