import { createHash } from 'node:crypto';
import { createAppAuth } from '@octokit/auth-app';
import type { Octokit } from '@octokit/rest';
import type { GitHubLogin, SecretText } from '../config-github.ts';
import { TerminalError } from '../errors.ts';
import type { RepositoryName } from './repository-name.ts';

type Request = Octokit['request'];
type Hook = ReturnType<typeof createAppAuth>['hook'];
type Parameters = NonNullable<globalThis.Parameters<Hook>[2]>;

/** How one request is signed. */
export interface Login {
  hook: (request: Request, route: globalThis.Parameters<Hook>[1], parameters?: Parameters) => ReturnType<Hook>;
}

export interface LoginOptions {
  readonly login: GitHubLogin;
  readonly repository: RepositoryName;
  readonly readSecret: (secret: SecretText) => Promise<string>;
}

/**
 * Signs each request with the secret as it is at that moment: a key or a token that is replaced in its file counts from
 * the next request on, without a restart.
 */
export function loginOf({ login, repository, readSecret }: LoginOptions): Login {
  if (login.kind === 'token') {
    return {
      hook: async (request, route, parameters) => {
        const endpoint = request.endpoint.merge(route as string, parameters);
        endpoint.headers.authorization = `token ${await readSecret(login.token)}`;
        return request(endpoint as Parameters & { method: string; url: string });
      },
    };
  }
  let made: { readonly key: string; readonly app: AppLogin } | undefined;
  return {
    hook: async (request, route, parameters) => {
      const privateKey = keyOf(await readSecret(login.key));
      const key = createHash('sha256').update(privateKey).digest('hex');
      if (made?.key !== key) made = { key, app: new AppLogin({ ...login, privateKey, repository }) };
      return made.app.sign(request, route, parameters);
    },
  };
}

interface AppOptions {
  readonly appId: number;
  readonly privateKey: string;
  readonly installationId: number | undefined;
  readonly repository: RepositoryName;
}

/** An App under one key: its tokens are made for its installation and renewed by the library. */
class AppLogin {
  readonly #options: AppOptions;
  readonly #asApp: ReturnType<typeof createAppAuth>;
  #asInstallation: Promise<ReturnType<typeof createAppAuth>> | undefined;

  constructor(options: AppOptions) {
    this.#options = options;
    const { appId, privateKey } = options;
    this.#asApp = createAppAuth({ appId, privateKey });
  }

  async sign(request: Request, route: globalThis.Parameters<Hook>[1], parameters?: Parameters): ReturnType<Hook> {
    if (isAboutApp(request.endpoint.merge(route as string, parameters).url ?? ''))
      return this.#asApp.hook(request, route, parameters);
    // One that was not found is looked up again: the App may be installed meanwhile.
    this.#asInstallation ??= this.#install(request).catch((error: unknown) => {
      this.#asInstallation = undefined;
      throw error;
    });
    return (await this.#asInstallation).hook(request, route, parameters);
  }

  async #install(request: Request): Promise<ReturnType<typeof createAppAuth>> {
    const { appId, privateKey, repository } = this.#options;
    const installationId = this.#options.installationId ?? (await this.#installation(request, repository));
    return createAppAuth({ appId, privateKey, installationId, request });
  }

  async #installation(request: Request, { owner, repo }: RepositoryName): Promise<number> {
    const found = await this.#asApp.hook(request, 'GET /repos/{owner}/{repo}/installation', { owner, repo });
    return (found.data as { id: number }).id;
  }
}

/** What an App asks about itself is signed by its key; all else by its installation's token. Routes have no names yet. */
function isAboutApp(route: string): boolean {
  return /^\/app(\/|$)/.test(route) || route === '/repos/{owner}/{repo}/installation';
}

/** Variables often hold the PEM on one line. */
function keyOf(text: string): string {
  const key = text.includes('\n') ? text : text.replaceAll('\\n', '\n');
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(key)) return key;
  throw new TerminalError('What is set as the key of the GitHub App is not the PEM of a private key.', {
    code: 'github.secret_invalid',
    help: 'Make a private key on the page of the App and name its file in PAWL_GITHUB_APP_KEY_FILE.',
  });
}
