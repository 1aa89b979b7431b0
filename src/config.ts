import { existsSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type ActionSettings, readActionInputs } from './config-action.ts';
import { type ActionsSettings, readActionsSettings } from './config-actions.ts';
import { type ApiSettings, readApiSettings, readServerChoice, type ServerChoice } from './config-api.ts';
import { type GitHubSettings, readGitHubSettings } from './config-github.ts';
import { type ProgramSettings, readProgramSettings } from './config-programs.ts';
import { readSecretSettings, type SecretSettings } from './config-secrets.ts';
import { type NatsOptions, readNatsUrl } from './bus/nats-options.ts';
import { type Environment, invalid, textOf } from './environment.ts';
import { exitCodes, TerminalError } from './errors.ts';
import type { CodeDoc } from './manifest/problem.ts';

export const configCodes = {
  'config.contradiction': {
    title: 'Two settings contradict each other',
    cause: 'Two environment variables that mean the same thing hold different values.',
    cure: 'Unset one of them.',
  },
  'config.invalid': {
    title: 'A setting has a value that cannot be used',
    cause: 'An environment variable holds text that is not what it should hold.',
    cure: 'Set it as the message says.',
  },
  'config.repository_ambiguous': {
    title: 'There are several repositories',
    cause: 'The command works on the files of one repository, and PAWL_REPOSITORIES names several.',
    cure: 'Run it with PAWL_REPOSITORY set to one of them and PAWL_REPOSITORIES unset.',
  },
  'config.no_repository': {
    title: 'No repository found',
    cause: 'Neither this folder nor one above it holds pawl.yaml or .git, and PAWL_REPOSITORY is not set.',
    cure: 'Change into the repository, or run `pawl init` to make one.',
  },
} as const satisfies Record<string, CodeDoc>;

export interface Surroundings {
  readonly path?: string;
  readonly home?: string;
  readonly sshAuthSock?: string;
}

export type DatabaseChoice =
  | { readonly kind: 'postgres'; readonly url: string }
  | { readonly kind: 'embedded'; readonly directory: string };

export type RepositoryChoice =
  /** `name`: what it is called among several. */
  | { readonly kind: 'path'; readonly path: string; readonly name?: string }
  | { readonly kind: 'url'; readonly url: string; readonly directory: string };

/** Everything a process takes from its environment, decided once. */
export interface Config {
  /** The repository's root, found upward from the working directory. */
  readonly root: string;
  /** `.pawl` in the root: database, server file, token, mirrors. */
  readonly stateDirectory: string;
  readonly database: DatabaseChoice;
  /** Carries wake-ups between machines; undefined: PostgreSQL does, or nobody has to. */
  readonly nats: NatsOptions | undefined;
  readonly repository: RepositoryChoice;
  /** All that the control loop looks after: `repository` alone, or those of PAWL_REPOSITORIES. */
  readonly repositories: readonly RepositoryChoice[];
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly workerSlots: number;
  readonly pollMs: number;
  /** Who acts, for the record. */
  readonly actor: string;
  /** Another machine's pawl, which commands ask; undefined: the one of this place. */
  readonly server: ServerChoice | undefined;
  /** How the API of this process is reached. */
  readonly api: ApiSettings;
  /** What a child process of git may know; nothing is inherited. */
  readonly surroundings: Surroundings;
  /** For a remote repository that asks for one; it is sent to that repository alone. */
  readonly gitToken: string | undefined;
  /** How pawl speaks with GitHub; undefined: it does not. */
  readonly github: GitHubSettings | undefined;
  /** Which jobs of GitHub Actions get plans; undefined: none. */
  readonly actions: ActionsSettings | undefined;
  /** Where programs of tools are looked for, and what they may read. */
  readonly programs: ProgramSettings;
  /** What manifests may name values of secrets in. */
  readonly secrets: SecretSettings;
}

/** What a terminal is like, apart from what the streams say themselves. */
export interface TerminalSettings {
  readonly noColor: boolean;
  readonly forceColor: boolean;
  readonly dumb: boolean;
  readonly utf8: boolean;
  readonly columns: number | undefined;
  /** Whether an unexpected error shows its stack. */
  readonly debug: boolean;
}

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

export function readConfig(cwd: string = process.cwd(), environment: Environment = process.env): Config {
  const root = findRoot(cwd);
  const several = readRepositories(environment);
  const repositoryVariable = textOf(environment, 'PAWL_REPOSITORY') ?? several?.[0];
  const server = readServerChoice(environment);
  // What is asked of another machine needs no repository here.
  if (root === undefined && repositoryVariable === undefined && server === undefined) throw noRepository(cwd);
  const home = root ?? resolve(cwd);
  const stateDirectory = join(home, '.pawl');
  const database = chooseDatabase(environment, stateDirectory);
  const repository = chooseRepository(repositoryVariable, home, stateDirectory);
  return {
    root: home,
    stateDirectory,
    database,
    nats: chooseNats(environment, database),
    repository,
    repositories: several?.map((one) => oneOfSeveral(one, home, stateDirectory)) ?? [repository],
    logLevel: readLogLevel(environment),
    workerSlots: readCount(environment, 'PAWL_WORKER_SLOTS', { least: 1, most: 256, otherwise: 16 }),
    pollMs: readCount(environment, 'PAWL_POLL_MS', { least: 100, most: 3_600_000, otherwise: 5_000 }),
    actor: textOf(environment, 'PAWL_ACTOR') ?? userName(),
    server,
    api: readApiSettings(environment),
    surroundings: surroundingsOf(environment),
    gitToken: textOf(environment, 'PAWL_GIT_TOKEN'),
    github: readGitHubSettings(environment, { repositories: several?.length ?? 1 }),
    actions: readActionsSettings(environment),
    programs: readProgramSettings(environment),
    secrets: readSecretSettings(
      environment,
      database.kind === 'embedded' ? join(stateDirectory, 'secret.key') : undefined,
    ),
  };
}

export function readTerminalSettings(environment: Environment = process.env): TerminalSettings {
  const locale = environment['LC_ALL'] || environment['LC_CTYPE'] || environment['LANG'] || '';
  const columns = Number(environment['COLUMNS']);
  return {
    noColor: textOf(environment, 'NO_COLOR') !== undefined,
    forceColor: textOf(environment, 'FORCE_COLOR') !== undefined && environment['FORCE_COLOR'] !== '0',
    dumb: environment['TERM'] === 'dumb',
    // A locale that names another charset gets plain ASCII; no locale at all is taken as UTF-8, as containers have none.
    utf8: locale === '' || /utf-?8/i.test(locale),
    columns: Number.isInteger(columns) && columns > 0 ? columns : undefined,
    debug: environment['PAWL_LOG_LEVEL'] === 'debug' || environment['PAWL_LOG_LEVEL'] === 'trace',
  };
}

/** Where a step of GitHub Actions may leave a page for people. */
export function stepSummaryFile(environment: Environment = process.env): string | undefined {
  return textOf(environment, 'GITHUB_STEP_SUMMARY');
}

/** What a step of GitHub Actions is asked for, and what git may know there. */
export function readActionSettings(environment: Environment = process.env): {
  readonly settings: ActionSettings;
  readonly surroundings: Surroundings;
} {
  return { settings: readActionInputs(environment, process.cwd()), surroundings: surroundingsOf(environment) };
}

/** What the demo starts with: where programs are, and no word of any database, server or secret of the user's. */
export function bareEnvironment(environment: Environment = process.env): Environment {
  return { PATH: environment['PATH'], HOME: environment['HOME'], PAWL_LOG_LEVEL: 'warn', PAWL_ACTOR: 'demo' };
}

/** The nearest folder upward that holds `pawl.yaml` or `.git`. */
export function findRoot(from: string): string | undefined {
  let folder = resolve(from);
  for (;;) {
    if (existsSync(join(folder, 'pawl.yaml')) || existsSync(join(folder, '.git'))) return folder;
    const parent = dirname(folder);
    if (parent === folder) return undefined;
    folder = parent;
  }
}

/** The embedded database belongs to one process, which needs nobody to carry its wake-ups. */
function chooseNats(environment: Environment, database: DatabaseChoice): NatsOptions | undefined {
  const url = textOf(environment, 'NATS_URL');
  if (url === undefined) return undefined;
  if (database.kind === 'embedded') {
    throw new TerminalError('NATS_URL is set and DATABASE_URL is not: the embedded database is for one process.', {
      code: 'config.contradiction',
      help: 'Set DATABASE_URL to the PostgreSQL that all machines share, or unset NATS_URL.',
      exit: exitCodes.usage,
    });
  }
  // The URL may hold a password, so the message does not show it.
  const read = readNatsUrl(url);
  if (read === undefined)
    throw invalid('NATS_URL is not a URL of NATS.', 'Set it to nats://[user:password@]host[:port], or tls://…');
  const credentials = textOf(environment, 'NATS_CREDENTIALS_FILE');
  const caFile = textOf(environment, 'NATS_CA_FILE');
  return {
    ...read,
    ...(credentials === undefined ? {} : { login: { kind: 'credentials', file: resolve(credentials) } }),
    ...(caFile === undefined ? {} : { caFile: resolve(caFile) }),
  };
}

function chooseDatabase(environment: Environment, stateDirectory: string): DatabaseChoice {
  const general = textOf(environment, 'DATABASE_URL');
  const own = textOf(environment, 'PAWL_DATABASE_URL');
  if (general !== undefined && own !== undefined && general !== own) {
    // The values hold passwords, so the message names the variables and shows neither.
    throw new TerminalError('PAWL_DATABASE_URL and DATABASE_URL are both set and name different databases.', {
      code: 'config.contradiction',
      help: 'Unset one of PAWL_DATABASE_URL and DATABASE_URL.',
      exit: exitCodes.usage,
    });
  }
  const url = own ?? general;
  if (url === undefined) return { kind: 'embedded', directory: join(stateDirectory, 'db') };
  if (!/^postgres(ql)?:\/\//.test(url)) {
    const name = own === undefined ? 'DATABASE_URL' : 'PAWL_DATABASE_URL';
    throw invalid(`${name} is not a PostgreSQL URL.`, `Set ${name} to postgres://user:password@host:port/database.`);
  }
  return { kind: 'postgres', url };
}

/** Undefined: there is one at most. */
function readRepositories(environment: Environment): readonly string[] | undefined {
  const text = textOf(environment, 'PAWL_REPOSITORIES');
  if (text === undefined) return undefined;
  if (textOf(environment, 'PAWL_REPOSITORY') !== undefined) {
    throw new TerminalError('PAWL_REPOSITORIES and PAWL_REPOSITORY are both set.', {
      code: 'config.contradiction',
      help: 'Unset PAWL_REPOSITORY for the controller of several repositories, or PAWL_REPOSITORIES for one.',
      exit: exitCodes.usage,
    });
  }
  const all = text.split(/\s+/).filter((one) => one !== '');
  if (new Set(all).size === all.length) return all;
  throw invalid('PAWL_REPOSITORIES names a repository twice.', 'Name each once, separated by blanks.');
}

function chooseRepository(variable: string | undefined, root: string, stateDirectory: string): RepositoryChoice {
  if (variable === undefined) return { kind: 'path', path: root };
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(variable)) {
    return { kind: 'url', url: variable, directory: join(stateDirectory, 'mirror') };
  }
  return { kind: 'path', path: resolve(variable) };
}

/** Among several, a folder is called by its path: whose an environment is goes by the name. */
function oneOfSeveral(variable: string, root: string, stateDirectory: string): RepositoryChoice {
  const chosen = chooseRepository(variable, root, stateDirectory);
  return chosen.kind === 'path' ? { ...chosen, name: chosen.path } : chosen;
}

function readLogLevel(environment: Environment): Config['logLevel'] {
  const text = textOf(environment, 'PAWL_LOG_LEVEL') ?? 'info';
  const level = logLevels.find((known) => known === text);
  if (level === undefined) throw invalid(`PAWL_LOG_LEVEL is "${text}".`, `Set it to one of ${logLevels.join(', ')}.`);
  return level;
}

interface CountRange {
  readonly least: number;
  readonly most: number;
  readonly otherwise: number;
}

function readCount(environment: Environment, name: string, range: CountRange): number {
  const text = textOf(environment, name);
  if (text === undefined) return range.otherwise;
  const count = Number(text);
  if (Number.isInteger(count) && count >= range.least && count <= range.most) return count;
  throw invalid(`${name} is "${text}".`, `Set it to a whole number from ${range.least} to ${range.most}.`);
}

function surroundingsOf(environment: Environment): Surroundings {
  const [path, home, sshAuthSock] = ['PATH', 'HOME', 'SSH_AUTH_SOCK'].map((name) => environment[name]);
  return {
    ...(path === undefined ? {} : { path }),
    ...(home === undefined ? {} : { home }),
    ...(sshAuthSock === undefined ? {} : { sshAuthSock }),
  };
}

function userName(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    // A container may run as a user id that has no name.
    return `unknown@${hostname()}`;
  }
}

export function noRepository(cwd: string): TerminalError {
  return new TerminalError(`No pawl.yaml and no .git in ${resolve(cwd)} or any folder above it.`, {
    code: 'config.no_repository',
    help: 'Change into the repository, or run `pawl init` to make one.',
    exit: exitCodes.usage,
  });
}
