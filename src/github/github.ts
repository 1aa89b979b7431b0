import { retry } from '@octokit/plugin-retry';
import { throttling } from '@octokit/plugin-throttling';
import { Octokit } from '@octokit/rest';
import type { GitHubLogin, SecretText } from '../config-github.ts';
import { packageVersion } from '../version.ts';
import { rememberAnswers } from './answers.ts';
import { fetchWithin, untilStopped } from './bounded.ts';
import { gitHubError } from './errors.ts';
import { loginOf } from './login.ts';
import { fullName, type RepositoryName } from './repository-name.ts';
import { oneAtATime } from './writes.ts';

/** One repository on GitHub, and pawl's way to it. */
export interface GitHub {
  readonly octokit: Octokit;
  readonly repository: RepositoryName;
  /** An App writes check runs; a token may not, and writes commit statuses in their place. */
  readonly login: 'app' | 'token';
  /** Who pawl is there; asked once. */
  readonly self: () => Promise<Self>;
}

/** Whose comments are pawl's own. */
export interface Self {
  readonly login: string;
  /** Of an App: what its comments carry beside its login. */
  readonly appId: number | undefined;
}

export interface GitHubOptions {
  /** Without a slash at its end. */
  readonly apiUrl: string;
  readonly repository: RepositoryName;
  readonly login: GitHubLogin;
  readonly readSecret: (secret: SecretText) => Promise<string>;
  readonly limits?: GitHubLimits;
}

export interface GitHubLimits {
  /** Between two writes; GitHub asks for a second. */
  readonly writeMs?: number;
  /** What one second of its waits and retries takes; shorter in tests. */
  readonly secondMs?: number;
  /** A longer wait is not waited out but said, with the time at which it ends. */
  readonly waitSecondsMax?: number;
  /** One request, without its waits. */
  readonly requestMs?: number;
}

const retriesMax = 2;

/**
 * Opens the way to one repository; nothing is asked until the first request. GitHub's limits are kept: one write at a
 * time, a second apart, waits as long as it says. What takes longer, or fails, is an error of ours without a secret.
 */
export function openGitHub(options: GitHubOptions): GitHub {
  const { apiUrl, repository, login, limits = {} } = options;
  const { writeMs = 1_000, secondMs = 1_000, waitSecondsMax = 30, requestMs = 30_000 } = limits;
  const mayWait = (seconds: number, ...[, , tries]: [object, unknown, number]): boolean =>
    seconds <= waitSecondsMax && tries < retriesMax;
  const octokit = new (Octokit.plugin(throttling, retry))({
    baseUrl: apiUrl,
    userAgent: `pawl/${packageVersion()}`,
    authStrategy: () => loginOf(options),
    // Their warnings would hold addresses and requests; what matters comes as an error.
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    request: { fetch: fetchWithin(requestMs) },
    retry: { retries: retriesMax, retryAfterBaseValue: secondMs },
    throttle: {
      id: `${apiUrl} ${fullName(repository)}`,
      onRateLimit: mayWait,
      onSecondaryRateLimit: mayWait,
      retryAfterBaseValue: secondMs,
      fallbackSecondaryRateRetryAfter: 60,
      // Writes are kept apart below, for each repository by itself; the library would do it for all of the process.
      write: apart,
      notifications: apart,
    },
  });
  rememberAnswers(octokit);
  oneAtATime(octokit, { gapMs: writeMs });
  octokit.hook.wrap('request', (request, asked) => {
    // The libraries count tries in it, and requests without settings of their own would share one.
    asked.request = { ...asked.request };
    return untilStopped(() => Promise.resolve(request(asked)));
  });
  octokit.hook.error('request', (error, asked) => {
    throw gitHubError(error, asked);
  });
  let self: Promise<Self> | undefined;
  return {
    octokit,
    repository,
    login: login.kind,
    self: () => {
      self ??= whoami(octokit, login).catch((error: unknown) => {
        self = undefined;
        throw error;
      });
      return self;
    },
  };
}

type Group = NonNullable<NonNullable<NonNullable<ConstructorParameters<typeof Octokit>[0]>['throttle']>['write']>;

/** Lets everything through at once. */
const apart = {
  key: () => ({ schedule: (_options: object, work: () => Promise<void>) => work() }),
} as unknown as Group;

function ignore(): void {
  // Nothing of it is said.
}

async function whoami(octokit: Octokit, login: GitHubLogin): Promise<Self> {
  if (login.kind === 'token') {
    const { data } = await octokit.rest.users.getAuthenticated();
    return { login: data.login, appId: undefined };
  }
  const { data } = await octokit.rest.apps.getAuthenticated();
  return { login: `${data?.slug ?? ''}[bot]`, appId: login.appId };
}
