import { isLoopback } from './config-api.ts';
import { type Environment, invalid, listOf, textOf } from './environment.ts';

/** Which jobs of GitHub Actions this pawl makes plans for. */
export interface ActionsSettings {
  /** Who signs the jobs' tokens: GitHub, or an Enterprise server. */
  readonly issuer: string;
  /** Whom a token must be for: what the action's input `audience` says, by default this server's address. */
  readonly audience: string;
  /** Numbers of the repository: a name can be given up and taken by somebody else, a number cannot. */
  readonly repositoryIds: readonly string[];
}

const githubIssuer = 'https://token.actions.githubusercontent.com';

/** Undefined: no job is answered. */
export function readActionsSettings(environment: Environment): ActionsSettings | undefined {
  const audience = textOf(environment, 'PAWL_ACTIONS_AUDIENCE');
  const repositoryIds = listOf(environment, 'PAWL_ACTIONS_REPOSITORY_ID');
  if (audience === undefined && repositoryIds.length === 0) return undefined;
  if (audience === undefined || repositoryIds.length === 0) {
    throw invalid(
      'Jobs of GitHub Actions need two settings.',
      'Set both PAWL_ACTIONS_AUDIENCE, to this server’s address, and PAWL_ACTIONS_REPOSITORY_ID.',
    );
  }
  if (!repositoryIds.every((id) => /^[1-9]\d{0,18}$/.test(id))) {
    throw invalid(
      'PAWL_ACTIONS_REPOSITORY_ID is not the number of a repository.',
      'Take it from `gh api repos/OWNER/NAME --jq .id`.',
    );
  }
  return { issuer: issuerOf(textOf(environment, 'PAWL_ACTIONS_ISSUER') ?? githubIssuer), audience, repositoryIds };
}

function issuerOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
  const isPlain = url !== undefined && url.username + url.password + url.search + url.hash === '';
  if (isSafe && isPlain) return text;
  throw invalid('PAWL_ACTIONS_ISSUER is not the address of an issuer.', 'Set it to https://HOST/_services/token.');
}
