import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runAction } from '../../src/action/action.ts';
import { readActionSettings } from '../../src/config.ts';

/** What the runner of GitHub Actions makes of a step: commands that it obeyed, what it showed, what later steps get. */
export interface StepResult {
  readonly exit: number;
  readonly log: string;
  /** Lines that the runner took for text. */
  readonly shown: readonly string[];
  readonly commands: readonly StepCommand[];
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
}

export interface StepCommand {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly message: string;
}

export interface Step {
  /** What GITHUB_WORKSPACE is; the repository's root. */
  readonly workspace: string;
  readonly event?: { readonly name: string; readonly payload: object };
  readonly inputs?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** `bundle` starts dist-action/index.js as action.yml says; `source` runs the same in this process. */
  readonly by?: 'bundle' | 'source';
  /** What stands in the page already. */
  readonly summary?: string;
}

const bundle = fileURLToPath(new URL('../../dist-action/index.js', import.meta.url));

/** Runs a step as the runner does: nothing of this process's environment, its files in a folder of its own. */
export async function runStep(step: Step): Promise<StepResult> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-runner-'));
  try {
    const [output, summary, event] = ['output', 'summary', 'event.json'].map((name) => join(folder, name));
    if (output === undefined || summary === undefined || event === undefined) throw new TypeError('three files');
    await mkdir(join(folder, 'temp'));
    await writeFile(output, '');
    await writeFile(summary, step.summary ?? '');
    await writeFile(event, JSON.stringify(step.event?.payload ?? {}));
    const env = {
      PATH: process.env['PATH'],
      HOME: '/nonexistent',
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_WORKSPACE: step.workspace,
      GITHUB_EVENT_NAME: step.event?.name ?? 'workflow_dispatch',
      GITHUB_EVENT_PATH: event,
      GITHUB_OUTPUT: output,
      GITHUB_STEP_SUMMARY: summary,
      RUNNER_TEMP: join(folder, 'temp'),
      ...inputsOf(step.inputs ?? {}),
      ...step.env,
    };
    const { exit, log } = await (step.by === 'bundle' ? asProcess(step.workspace, env) : here(env));
    const written = await readFile(output, 'utf8');
    const page = await readFile(summary, 'utf8');
    return { exit, log, ...obeyed(log), outputs: outputsOf(written), summary: page };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The runner gives every input that action.yml has, empty where it is not set. */
function inputsOf(inputs: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const names = ['command', 'environment', 'base', 'path', 'fail-on', 'server', 'audience'];
  const all = { ...Object.fromEntries(names.map((name) => [name, ''])), ...inputs };
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]));
}

type Ran = Pick<StepResult, 'exit' | 'log'>;

async function here(env: Readonly<Record<string, string | undefined>>): Promise<Ran> {
  const lines: string[] = [];
  const exit = await runAction(
    () => readActionSettings(env),
    (line) => lines.push(line),
  );
  return { exit, log: lines.map((line) => `${line}\n`).join('') };
}

function asProcess(cwd: string, env: NodeJS.ProcessEnv): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { cwd, env, timeout: 60_000, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(process.execPath, [bundle], options, (_error, stdout, stderr) => {
      resolve({ exit: child.exitCode ?? -1, log: stdout + stderr });
    });
  });
}

const known = new Set([
  'error',
  'warning',
  'notice',
  'debug',
  'group',
  'endgroup',
  'add-mask',
  'stop-commands',
  'echo',
]);
const deprecated = new Set(['set-output', 'set-env', 'add-path', 'save-state', 'add-matcher', 'remove-matcher']);

/** As ActionCommandManager has it: a command begins a line, in the old form it stands anywhere in one. */
function obeyed(log: string): Pick<StepResult, 'shown' | 'commands'> {
  const commands: StepCommand[] = [];
  const shown: string[] = [];
  let resume: string | undefined;
  for (const line of log.split(/\r\n|\r|\n/)) {
    const found = commandIn(line);
    if (resume !== undefined) {
      if (found?.name === resume) resume = undefined;
      else shown.push(line);
    } else if (found !== undefined && (known.has(found.name) || deprecated.has(found.name))) {
      commands.push(found);
      if (found.name === 'stop-commands') resume = found.message;
    } else if (line !== '') {
      shown.push(line);
    }
  }
  return { shown, commands };
}

function commandIn(line: string): StepCommand | undefined {
  const [, name = '', properties = '', message = ''] =
    /^\s*::([^\s:]+)(?: (.*?))?::(.*)$/.exec(line) ?? /##\[([^\s\]]+)(?: ([^\]]*))?\](.*)$/.exec(line) ?? [];
  if (name === '') return undefined;
  const pairs = properties.split(',').filter((pair) => pair.includes('='));
  return {
    name,
    properties: Object.fromEntries(
      pairs.map((pair) => [pair.slice(0, pair.indexOf('=')).trim(), unescaped(pair.slice(pair.indexOf('=') + 1))]),
    ),
    message: unescaped(message),
  };
}

const escapes: Readonly<Record<string, string>> = { '%0D': '\r', '%0A': '\n', '%3A': ':', '%2C': ',', '%25': '%' };

function unescaped(text: string): string {
  return text.replace(/%(?:0D|0A|3A|2C|25)/g, (found) => escapes[found] ?? found);
}

/** As the runner reads GITHUB_OUTPUT: `name=value`, or `name<<delimiter` up to a line that is the delimiter. */
function outputsOf(text: string): Readonly<Record<string, string>> {
  const outputs: Record<string, string> = {};
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (line === '') continue;
    const [, name, delimiter] = /^([^=]+?)<<(.+)$/.exec(line) ?? [];
    if (name === undefined || delimiter === undefined) {
      outputs[line.slice(0, line.indexOf('='))] = line.slice(line.indexOf('=') + 1);
      continue;
    }
    const end = lines.indexOf(delimiter, at + 1);
    if (end === -1) throw new Error(`the output ${name} has no end`);
    outputs[name] = lines.slice(at + 1, end).join('\n');
    at = end;
  }
  return outputs;
}
