import { createAppAuth } from '@octokit/auth-app';
import { Octokit } from '@octokit/rest';
import type { GitHubLogin, SecretText } from '../config-github.ts';
import { packageVersion } from '../version.ts';
import type { RepositoryName } from './repository-name.ts';

/** One repository on GitHub, and pawl's way to it. */
export interface GitHub {
  readonly octokit: Octokit;
  readonly repository: RepositoryName;
  /** An App writes check runs; a token may not, and writes commit statuses in their place. */
  readonly login: 'app' | 'token';
}

export interface GitHubOptions {
  /** Without a slash at its end. */
  readonly apiUrl: string;
  readonly repository: RepositoryName;
  readonly login: GitHubLogin;
  readonly readSecret: (secret: SecretText) => Promise<string>;
}

/** Opens the way to one repository. An App's tokens are made for its installation and renewed by the library. */
export async function openGitHub({ apiUrl, repository, login, readSecret }: GitHubOptions): Promise<GitHub> {
  const common = { baseUrl: apiUrl, userAgent: `pawl/${packageVersion()}` };
  if (login.kind === 'token') {
    return { octokit: new Octokit({ ...common, auth: await readSecret(login.token) }), repository, login: 'token' };
  }
  const app = { appId: login.appId, privateKey: await readSecret(login.key) };
  const installationId = login.installationId ?? (await installationOf({ ...common, app, repository }));
  const octokit = new Octokit({ ...common, authStrategy: createAppAuth, auth: { ...app, installationId } });
  return { octokit, repository, login: 'app' };
}

interface Looking {
  readonly baseUrl: string;
  readonly userAgent: string;
  readonly app: { readonly appId: number; readonly privateKey: string };
  readonly repository: RepositoryName;
}

async function installationOf({ baseUrl, userAgent, app, repository }: Looking): Promise<number> {
  const octokit = new Octokit({ baseUrl, userAgent, authStrategy: createAppAuth, auth: app });
  const { data } = await octokit.rest.apps.getRepoInstallation({ ...repository });
  return data.id;
}
