import type { ResourceRecord } from '../api/operations.ts';
import { type ExitCode, exitCodes, isPawlError, TerminalError } from '../errors.ts';
import { objectAt } from '../manifest/manifest-reference.ts';
import { nearest } from '../manifest/nearest.ts';
import { neutral } from '../manifest/neutral.ts';
import { shownText } from '../manifest/shown.ts';
import type { Eval } from '../manifest/types.gen.ts';
import type { Door } from './app-port.ts';
import { chooseEnvironment, type CliContext, json, withDoor } from './context.ts';
import { renderEvalJunit } from './eval-junit.ts';
import type { TriedEval } from './eval-result.ts';
import { type NamedEval, tryEval } from './eval-run.ts';
import { evalText } from './eval-text.ts';
import { plural } from './plural.ts';

export interface EvalOptions {
  /** `name` or `namespace/name`; none: all of them. */
  readonly names: readonly string[];
  readonly env?: string;
  readonly local?: boolean;
  /** A branch, tag or commit: its files, as with `local`. */
  readonly ref?: string;
  readonly parallel: number;
  /** Milliseconds until all of it must be over. */
  readonly wait: number;
  readonly output: string;
}

/** Runs the cases of evals and says which came out as expected; exit 3 where too few of an eval did. */
export async function evalCommand(context: CliContext, options: EvalOptions): Promise<ExitCode> {
  const { local, ref, env } = options;
  if (local !== true && ref === undefined) return withDoor(context, (door) => tryAll(context, door, options));
  const app = await context.app(context.cwd);
  const what = ref === undefined ? 'Uncommitted files' : `The files of ${neutral(ref)}`;
  context.terminal.note(`${what}, in a database of their own; nothing of the runs is kept.`);
  const door = await app.openLocal(env, ref);
  try {
    return await tryAll(context, door, options);
  } finally {
    await door.close();
  }
}

async function tryAll(context: CliContext, door: Door, options: EvalOptions): Promise<ExitCode> {
  const { terminal, signal: interrupted } = context;
  const environment = await environmentOf(door, options);
  const evals = chosen(await door.operations.get({ environment, kind: 'Eval' }), options.names);
  if (door.workUntil === undefined) await warnOfNoWorker(context, door);
  const over = AbortSignal.timeout(options.wait);
  const tried: TriedEval[] = [];
  const told = (one: NamedEval, { name, passed }: { readonly name: string; readonly passed: boolean }): void =>
    terminal.note(`${one.path} ${name}: ${passed ? 'passed' : 'not passed'}`);
  try {
    for (const one of evals) {
      const signal = AbortSignal.any([interrupted, over]);
      tried.push(await tryEval(one, { door, environment, parallel: options.parallel, signal, told }));
    }
  } catch (cause) {
    if (!interrupted.aborted || !isPawlError(cause) || cause.code !== 'eval.timeout') throw cause;
    terminal.note('Interrupted. The runs under way are cancelled.');
    return exitCodes.interrupted;
  }
  report(context, tried, options.output);
  return exitOf(tried);
}

/** A local database holds the one environment that was put into it. */
async function environmentOf(door: Door, { local, ref, env }: EvalOptions): Promise<string> {
  if (local !== true && ref === undefined) return chooseEnvironment(door, env);
  const [only] = await door.operations.environments();
  return env ?? only?.name ?? '';
}

function chosen(records: readonly ResourceRecord[], names: readonly string[]): readonly NamedEval[] {
  const all = records.map(evalOf);
  if (all.length === 0) throw nothingToTry('There is no Eval in the environment.', 'Declare one: docs/evals.md.');
  if (names.length === 0) return all;
  const found = names.map((name) => {
    const of = all.filter(({ path }) => path === name || path.endsWith(`/${name}`));
    const [first, second] = of;
    if (first !== undefined && second === undefined) return first;
    if (first !== undefined) {
      const message = `Several namespaces have an Eval "${shownText(name)}": ${of.map(({ path }) => path).join(', ')}.`;
      throw nothingToTry(message, 'Name it with its namespace.');
    }
    const known = all.flatMap(({ path }) => [path, path.split('/')[1] ?? '']);
    const guess = nearest(name, known);
    const help = guess === undefined ? 'Run `pawl get evals`.' : `Did you mean "${guess}"?`;
    throw nothingToTry(`There is no Eval "${shownText(name)}" in the environment.`, help);
  });
  return [...new Set(found)];
}

function evalOf({ address, manifest }: ResourceRecord): NamedEval {
  const path = address.replace('Eval/', '');
  // Resolved and held against the schema before it went live.
  return { path, namespace: path.split('/')[0] ?? '', spec: objectAt(manifest, 'spec') as unknown as Eval['spec'] };
}

function nothingToTry(message: string, help: string): TerminalError {
  return new TerminalError(message, { code: 'eval.unknown', help, exit: exitCodes.usage });
}

async function warnOfNoWorker({ terminal }: CliContext, door: Door): Promise<void> {
  const workers = await door.operations.workers();
  if (workers.some(({ live }) => live)) return;
  terminal.note('No worker is live, so the runs wait in the queue. Start one with: pawl worker');
}

function report({ terminal }: CliContext, tried: readonly TriedEval[], output: string): void {
  const reached = tried.every((one) => one.reached);
  if (output === 'json') return json(terminal, { reached, evals: tried });
  if (output === 'junit') return terminal.out(renderEvalJunit(tried));
  terminal.out(tried.map((one) => evalText(one, terminal)).join('\n\n'));
  const short = tried.filter((one) => !one.reached).length;
  if (short > 0) terminal.note(`${plural(short, 'eval')} not reached. See a run with: pawl trace RUN`);
}

function exitOf(tried: readonly TriedEval[]): ExitCode {
  const short = tried.filter(({ reached }) => !reached);
  if (short.length === 0) return exitCodes.success;
  // Runs that somebody cancelled or whose workers died judge nobody.
  const isFound = short.some(({ cases }) => cases.some(({ runs }) => runs.some((run) => !run.passed && !run.untried)));
  return isFound ? exitCodes.findings : exitCodes.runFailed;
}
