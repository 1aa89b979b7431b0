import { resolve } from 'node:path';
import { contradiction, type Environment, invalid, textOf } from './environment.ts';
import { exitCodes, TerminalError } from './errors.ts';
import { repositoryName } from './github/repository-name.ts';

/** A secret, or the file that holds it: it is read when it is needed and never kept in an environment's listing. */
export type SecretText =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'file'; readonly path: string };

export type GitHubLogin =
  | {
      readonly kind: 'app';
      readonly appId: number;
      /** PEM of the App's private key. */
      readonly key: SecretText;
      /** Absent: the App's installation on the repository is looked up. */
      readonly installationId: number | undefined;
    }
  | { readonly kind: 'token'; readonly token: SecretText };

/** How pawl speaks with GitHub. */
export interface GitHubSettings {
  /** `https://api.github.com`, or an Enterprise server's `https://host/api/v3`. */
  readonly apiUrl: string;
  readonly login: GitHubLogin;
  /** What webhooks are signed with; undefined: none is taken, and pawl polls. */
  readonly webhookSecret: SecretText | undefined;
  /** `owner/name` where it cannot be told from the repository's address. */
  readonly repository: string | undefined;
}

/** Undefined: pawl does not speak with GitHub. */
export function readGitHubSettings(
  environment: Environment,
  { repositories = 1 }: { readonly repositories?: number } = {},
): GitHubSettings | undefined {
  const login = readLogin(environment);
  const webhookSecret = secretOf(environment, 'PAWL_GITHUB_WEBHOOK_SECRET');
  const repository = textOf(environment, 'PAWL_GITHUB_REPOSITORY');
  const apiUrl = readApiUrl(environment);
  if (login === undefined) {
    const alone = ['PAWL_GITHUB_WEBHOOK_SECRET', 'PAWL_GITHUB_WEBHOOK_SECRET_FILE', 'PAWL_GITHUB_REPOSITORY'].find(
      (name) => textOf(environment, name) !== undefined,
    );
    if (alone === undefined) return undefined;
    throw invalid(
      `${alone} is set, and nothing says who pawl is on GitHub.`,
      'Set PAWL_GITHUB_APP_ID and PAWL_GITHUB_APP_KEY_FILE, or PAWL_GITHUB_TOKEN_FILE.',
    );
  }
  if (repository !== undefined && repositoryName(repository) === undefined) {
    throw invalid('PAWL_GITHUB_REPOSITORY is not owner/name.', 'Set it as in the address of the repository.');
  }
  if (repository !== undefined && repositories > 1) {
    throw new TerminalError('PAWL_GITHUB_REPOSITORY names one repository, and PAWL_REPOSITORIES names several.', {
      code: 'config.contradiction',
      help: 'Unset PAWL_GITHUB_REPOSITORY: each repository is found on GitHub by its address.',
      exit: exitCodes.usage,
    });
  }
  return { apiUrl, login, webhookSecret, repository };
}

function readLogin(environment: Environment): GitHubLogin | undefined {
  const appId = textOf(environment, 'PAWL_GITHUB_APP_ID');
  const key = secretOf(environment, 'PAWL_GITHUB_APP_KEY');
  const token = secretOf(environment, 'PAWL_GITHUB_TOKEN');
  if (appId === undefined && key === undefined) return token && { kind: 'token', token };
  if (token !== undefined) throw contradiction('PAWL_GITHUB_APP_ID', 'PAWL_GITHUB_TOKEN');
  if (appId === undefined || key === undefined) {
    throw invalid(
      'A GitHub App needs its id and its key.',
      'Set both PAWL_GITHUB_APP_ID and PAWL_GITHUB_APP_KEY_FILE.',
    );
  }
  const installationId = textOf(environment, 'PAWL_GITHUB_INSTALLATION_ID');
  return {
    kind: 'app',
    appId: numberOf('PAWL_GITHUB_APP_ID', appId),
    key,
    installationId: installationId === undefined ? undefined : numberOf('PAWL_GITHUB_INSTALLATION_ID', installationId),
  };
}

function readApiUrl(environment: Environment): string {
  const text = textOf(environment, 'PAWL_GITHUB_API_URL') ?? 'https://api.github.com';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url !== undefined && url.username === '' && url.password === '' && url.search + url.hash === '';
  const isSafe =
    url?.protocol === 'https:' ||
    (url?.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname));
  // Whatever stands there may hold a password, so the message does not show it.
  if (!isPlain || !isSafe)
    throw invalid('PAWL_GITHUB_API_URL is not the address of an API.', 'Set it to https://host/api/v3.');
  return text.replace(/\/+$/, '');
}

/** `NAME_FILE` names a file, `NAME` is the secret itself. */
function secretOf(environment: Environment, name: string): SecretText | undefined {
  const [text, path] = [textOf(environment, name), textOf(environment, `${name}_FILE`)];
  if (text !== undefined && path !== undefined) throw contradiction(name, `${name}_FILE`);
  if (path !== undefined) return { kind: 'file', path: resolve(path) };
  return text === undefined ? undefined : { kind: 'text', text };
}

function numberOf(name: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw invalid(`${name} is not a number.`, 'Take it from the settings page of the App.');
}
