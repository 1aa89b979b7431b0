import { isPawlError } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import type { GitHub } from './github.ts';
import { fullName } from './repository-name.ts';

/** What the App needs, and for what. */
const needed = {
  checks: ['write', 'check runs of plans'],
  contents: ['write', 'branches of pull requests that pawl opens'],
  deployments: ['write', 'deployments'],
  issues: ['write', 'comments and drift issues'],
  members: ['read', 'teams that acknowledge'],
  metadata: ['read', 'anything'],
  pull_requests: ['write', 'plans on pull requests'],
} as const satisfies Readonly<Record<string, readonly ['read' | 'write', string]>>;

/** What somebody sees of pawl's way to GitHub; never a token or a key. */
export interface GitHubInspection {
  readonly repository: string;
  readonly kind: 'app' | 'token';
  /** Who pawl is there; undefined: it is nobody, and `fault` says why. */
  readonly login: string | undefined;
  readonly fault: string | undefined;
  readonly help?: string | undefined;
  /** `checks: write, for check runs of plans` */
  readonly missing: readonly string[];
}

/** Asks GitHub who pawl is, whether it sees the repository, and what it may not do there. */
export async function inspectGitHub(github: GitHub): Promise<GitHubInspection> {
  const of = { repository: fullName(github.repository), kind: github.login };
  let login: string | undefined;
  try {
    login = (await github.self()).login;
    return { ...of, login, fault: undefined, missing: await missingOf(github) };
  } catch (error) {
    if (!isPawlError(error)) throw error;
    return { ...of, login, fault: `${error.code}: ${neutral(error.message)}`, help: error.help, missing: [] };
  }
}

async function missingOf({ octokit, repository, login }: GitHub): Promise<readonly string[]> {
  if (login === 'token') {
    const { data } = await octokit.rest.repos.get({ ...repository });
    return data.permissions?.push === true ? [] : ['the right to push, for comments, statuses and branches'];
  }
  const { data } = await octokit.rest.apps.getRepoInstallation({ ...repository });
  const given: Readonly<Record<string, string | undefined>> = { ...data.permissions };
  return Object.entries(needed).flatMap(([name, [level, use]]) => {
    const has = given[name];
    return has === 'write' || has === 'admin' || has === level ? [] : [`${name}: ${level}, for ${use}`];
  });
}
