import { type Environment, invalid, textOf } from './environment.ts';
import { isLoopback } from './config-api.ts';

/** What may fail a step that would pass otherwise. Errors of the manifests always do. */
export const failReasons = ['warnings', 'changes', 'widenings', 'decisions', 'drift'] as const;
export type FailReason = (typeof failReasons)[number];

/** What a step of GitHub Actions asks of pawl, and where the runner takes answers. */
export interface ActionSettings {
  readonly command: 'validate' | 'plan';
  /** Absent: those that go live from the branch in question. */
  readonly environments: readonly string[] | undefined;
  /** What to compare with; absent: what the event says. */
  readonly base: string | undefined;
  /** Folder that holds the repository. */
  readonly path: string;
  readonly failOn: ReadonlySet<FailReason>;
  /** A running pawl that plans against live; absent: Git alone is asked. */
  readonly server: { readonly address: string; readonly audience: string } | undefined;
  readonly event: { readonly name: string; readonly file: string | undefined; readonly commit: string | undefined };
  readonly files: {
    readonly output: string | undefined;
    readonly summary: string | undefined;
    readonly temporary: string | undefined;
  };
  /** Where the runner gives a token of this job; absent: the job may not have one. */
  readonly identity: { readonly url: string; readonly token: string } | undefined;
}

/** Reads the inputs of `action.yml` and the runner's own variables. */
export function readActionInputs(environment: Environment, cwd: string): ActionSettings {
  const name = textOf(environment, 'GITHUB_EVENT_NAME') ?? '';
  const [url, token] = ['ACTIONS_ID_TOKEN_REQUEST_URL', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN'].map((variable) =>
    textOf(environment, variable),
  );
  return {
    command: commandOf(input(environment, 'command') ?? 'plan'),
    environments: wordsOf(environment, 'environment'),
    base: input(environment, 'base'),
    path: input(environment, 'path') ?? textOf(environment, 'GITHUB_WORKSPACE') ?? cwd,
    failOn: new Set((wordsOf(environment, 'fail-on') ?? []).map(failReasonOf)),
    server: serverOf(environment),
    event: { name, file: textOf(environment, 'GITHUB_EVENT_PATH'), commit: textOf(environment, 'GITHUB_SHA') },
    files: {
      output: textOf(environment, 'GITHUB_OUTPUT'),
      summary: textOf(environment, 'GITHUB_STEP_SUMMARY'),
      temporary: textOf(environment, 'RUNNER_TEMP'),
    },
    identity: url === undefined || token === undefined ? undefined : { url, token },
  };
}

/** The runner names an input's variable after it, in capitals and with its hyphens. */
function input(environment: Environment, name: string): string | undefined {
  return textOf(environment, `INPUT_${name.toUpperCase()}`);
}

function wordsOf(environment: Environment, name: string): readonly string[] | undefined {
  const words = (input(environment, name) ?? '').split(/[\s,]+/).filter((word) => word !== '');
  return words.length === 0 ? undefined : words;
}

function commandOf(text: string): ActionSettings['command'] {
  if (text === 'validate' || text === 'plan') return text;
  throw invalid('The input command is neither validate nor plan.', 'Correct `with.command` in the workflow.');
}

function failReasonOf(word: string): FailReason {
  const found = failReasons.find((reason) => reason === word);
  if (found !== undefined) return found;
  throw invalid(
    'The input fail-on names a reason that there is not.',
    `Set \`with.fail-on\` to one or more of ${failReasons.join(', ')}.`,
  );
}

function serverOf(environment: Environment): ActionSettings['server'] {
  const text = input(environment, 'server');
  const audience = input(environment, 'audience');
  if (text === undefined && audience === undefined) return undefined;
  const url = text !== undefined && URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url?.username === '' && url.password === '' && url.search + url.hash === '' && url.pathname === '/';
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
  // Whatever stands there may hold a password, so the message does not show it.
  if (url === undefined || !isPlain || !isSafe) {
    throw invalid('The input server is not the address of a server.', 'Set `with.server` to https://host[:port].');
  }
  return { address: url.origin, audience: audience ?? url.origin };
}
