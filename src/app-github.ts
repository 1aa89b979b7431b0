import { readFile } from 'node:fs/promises';
import type { GitHubHookDoor } from './api/hooks-github.ts';
import type { Closers } from './closers.ts';
import type { Config, RepositoryChoice } from './config.ts';
import type { GitHubSettings, SecretText } from './config-github.ts';
import type { ControlPlane } from './controller/planning.ts';
import { exitCodes, TerminalError } from './errors.ts';
import { type GitHub, openGitHub } from './github/github.ts';
import { GitHubLoop } from './github/loop.ts';
import {
  addressOf,
  fullName,
  repositoryName,
  type RepositoryName,
  repositoryOfAddress,
} from './github/repository-name.ts';
import { turns } from './github/turns.ts';
import { webhookDoor } from './github/webhook.ts';
import { type Log, subsystemLog } from './log.ts';
import { Poll } from './source/watch.ts';
import type { Database } from './store/database.ts';
import { isDeclaring } from './store/sync.ts';

interface Starting {
  readonly plane: ControlPlane;
  readonly log: Log;
  readonly stack: Closers;
}

const actor = 'github';

/** Starts the loop that keeps GitHub told, where pawl speaks with GitHub; closing the stack stops it first. */
export function startGitHub(config: Config, { plane, log, stack }: Starting): void {
  const { github: settings } = config;
  if (settings === undefined) return;
  const github = gitHubOf(settings, config.repository);
  const githubLog = subsystemLog(log, 'github');
  // What a pull request would make is compiled beside what is live, and pushes nothing of that out of memory.
  const own: ControlPlane = { ...plane, memory: new Map() };
  const { publicUrl } = config.api;
  const loop = new GitHubLoop({ context: { github, plane: own, log: githubLog, actor, publicUrl }, turns });
  const poll = new Poll({ intervalMs: Math.max(config.pollMs, pollMsMin) });
  const stop = new AbortController();
  const ended = loop.run(poll, stop.signal);
  stack.add(async () => {
    stop.abort();
    await poll.close();
    await ended;
  });
  githubLog.info({ repository: fullName(github.repository), login: github.login }, 'pull requests are looked after');
}

/** A round that finds nothing costs a statement; those that ask GitHub come with hints and sweeps. */
const pollMsMin = 1_000;

/** The way to the repository on GitHub that the settings, or the address of the repository, name. */
export function gitHubOf(settings: GitHubSettings, repository: RepositoryChoice): GitHub {
  const { apiUrl, login } = settings;
  return openGitHub({ apiUrl, login, repository: nameOf(settings, repository), readSecret });
}

/** What it is called on GitHub: the settings say, or the address of the repository. */
export function nameOf({ repository: named, apiUrl }: GitHubSettings, repository: RepositoryChoice): RepositoryName {
  const found =
    named === undefined
      ? repository.kind === 'url'
        ? repositoryOfAddress(repository.url, apiUrl)
        : undefined
      : repositoryName(named);
  if (found !== undefined) return found;
  throw new TerminalError('pawl is to speak with GitHub, and nothing says which repository it is there.', {
    code: 'config.invalid',
    help: 'Set PAWL_GITHUB_REPOSITORY to owner/name.',
    exit: exitCodes.usage,
  });
}

/** Takes webhooks of the repository; undefined: pawl does not speak with GitHub. */
export function gitHubHook(
  { github: settings, repositories }: Config,
  database: Database,
  log: Log,
): GitHubHookDoor | undefined {
  if (settings === undefined) return undefined;
  const { webhookSecret } = settings;
  const secret = async (): Promise<string | undefined> => webhookSecret && readSecret(webhookSecret);
  return webhookDoor({
    database,
    repositories: repositories.map((one) => nameOf(settings, one)),
    // Of a controller's repositories the API serves one, and GitHub may send the webhooks of all of them to it.
    isLookedAfter: (name) => isDeclaring(database.db, addressOf(name, settings.apiUrl)),
    secret,
    log,
  });
}

/** Read whenever it is needed, so that a new key or token in its file counts from the next request on. */
export async function readSecret(secret: SecretText): Promise<string> {
  if (secret.kind === 'text') return secret.text;
  try {
    return (await readFile(secret.path, 'utf8')).trim();
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new TerminalError(`The file that holds a secret of GitHub cannot be read (${why}).`, {
      code: 'github.secret_unreadable',
      help: 'Check the path in PAWL_GITHUB_…_FILE and who may read it.',
    });
  }
}
