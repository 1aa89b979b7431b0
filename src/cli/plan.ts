import { relative, resolve } from 'node:path';
import { exitCodes, TerminalError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import type { Operations } from '../api/operations.ts';
import { neutralJson } from '../manifest/neutral.ts';
import type { Plan } from '../plan/change.ts';
import { isErrored, isUnchanged } from '../plan/plan.ts';
import { renderJson } from '../plan/render/json.ts';
import { renderMarkdown } from '../plan/render/markdown.ts';
import { renderText } from '../plan/render/text.ts';
import { chooseEnvironment, withDoor } from './context.ts';
import type { CliContext } from './context.ts';
import { excerpts } from './excerpts.ts';
import { folderAt, readNamed, shellWord, writeNamed } from './files.ts';
import { refusalOf, renderProblems } from './problems.ts';

export interface PlanOptions {
  /** A folder of the repository. */
  readonly path: string;
  readonly env?: string;
  readonly ref?: string;
  /** Compares with this commit instead of with what is live. */
  readonly base?: string;
  readonly workingCopy?: boolean;
  readonly preflight?: boolean;
  readonly out?: string;
  readonly detailedExitcode?: boolean;
  readonly output: string;
}

export async function planCommand(here: CliContext, options: PlanOptions): Promise<ExitCode> {
  const context = { ...here, cwd: folderAt(here.cwd, options.path) };
  if (options.base !== undefined) {
    const { planAgainst } = await import('./plan-base.ts');
    const plan = await planAgainst(context, { ...options, base: options.base });
    await showPlan(context, plan, options.output);
    return exitOf(plan, options);
  }
  const plan = await withDoor(context, async (door) => {
    const planned = await door.operations.plan({
      environment: await chooseEnvironment(door, options.env),
      ...(options.ref === undefined ? {} : { ref: options.ref }),
      ...(options.workingCopy === true ? { workingCopy: true } : {}),
      ...(options.preflight === true ? { preflight: true } : {}),
    });
    await showPlan(context, planned, options.output);
    const isOfBranch = options.ref === undefined && options.workingCopy !== true;
    if (isOfBranch) await hintAtUncommitted(context, door.operations, { plan: planned, path: options.path });
    return planned;
  });
  if (options.out !== undefined && refusalOf(plan.problems) === undefined)
    await savePlan(here, plan, { file: options.out, path: options.path });
  return exitOf(plan, options);
}

function exitOf(plan: Plan, options: PlanOptions): ExitCode {
  if (refusalOf(plan.problems) !== undefined || plan.beside?.preflight?.ok === false) return exitCodes.findings;
  return options.detailedExitcode === true && differs(plan) ? exitCodes.differences : exitCodes.success;
}

/** Rules that judge otherwise are a difference too. */
function differs(plan: Plan): boolean {
  return !isUnchanged(plan) || plan.risks.length > 0;
}

/** Whoever edits and plans without a commit would read "No changes" and wonder. */
async function hintAtUncommitted(
  context: CliContext,
  operations: Operations,
  { plan, path }: { readonly plan: Plan; readonly path: string },
): Promise<void> {
  const { config } = await context.app(context.cwd);
  if (!isUnchanged(plan) || isErrored(plan) || config.repository.kind !== 'path') return;
  const uncommitted = await operations.plan({ environment: plan.environment, workingCopy: true }).catch((error) => {
    // Files that cannot even be planned differ from a commit that can.
    if (error instanceof TerminalError) return undefined;
    throw error;
  });
  if (uncommitted === undefined || isErrored(uncommitted) || !isUnchanged(uncommitted))
    context.terminal.note(
      `The working copy differs from the commit: see it with pawl plan${path === '.' ? '' : ` ${shellWord(path)}`} --working-copy`,
    );
}

/** The plan on stdout; what is wrong with the manifests on stderr, with excerpts. */
export async function showPlan({ terminal, app, cwd }: CliContext, plan: Plan, output: string): Promise<void> {
  if (output === 'json') {
    terminal.out(neutralJson(JSON.stringify(renderJson(plan), null, 2)));
    return;
  }
  if (output === 'markdown') {
    terminal.out(renderMarkdown(plan).trimEnd());
    return;
  }
  if (plan.problems.length > 0) {
    const excerpt = excerpts((await app(cwd)).config.root);
    terminal.note(renderProblems(plan.problems, excerpt, { width: terminal.width, colors: terminal.noteColors }));
    terminal.note('');
  }
  const refusal = refusalOf(plan.problems);
  if (refusal !== undefined) {
    terminal.note(refusal);
    return;
  }
  terminal.out(renderText(plan, { width: terminal.width, color: terminal.color }).trimEnd());
}

async function savePlan(
  { terminal, cwd }: CliContext,
  plan: Plan,
  { file, path }: { readonly file: string; readonly path: string },
): Promise<void> {
  await writeNamed(cwd, file, `${neutralJson(JSON.stringify(renderJson(plan), null, 2))}\n`);
  terminal.note(
    plan.target.commit === 'working-copy'
      ? 'Saved the plan. It cannot be applied: what it plans is not committed.'
      : `Saved the plan. Apply exactly this with: ${applyOf(file, { cwd, path })}`,
  );
}

/** A plan is applied in its repository. */
function applyOf(file: string, { cwd, path }: { readonly cwd: string; readonly path: string }): string {
  const folder = resolve(cwd, path);
  if (folder === resolve(cwd)) return `pawl apply ${shellWord(file)}`;
  return `cd ${shellWord(path)} && pawl apply ${shellWord(relative(folder, resolve(cwd, file)))}`;
}

/** What identifies a saved plan: apply plans the commit again and compares the digest. */
export interface SavedPlan {
  readonly environment: string;
  readonly commit: string;
  readonly digest: string;
}

export async function readSavedPlan(cwd: string, file: string): Promise<SavedPlan | undefined> {
  const saved: unknown = parseOrNothing(await readNamed(cwd, file));
  const digest = at(saved, ['plan_digest']);
  const environment = at(saved, ['target', 'environment']);
  const commit = at(saved, ['source', 'head_sha']);
  if (typeof digest !== 'string' || typeof environment !== 'string' || typeof commit !== 'string') return undefined;
  return { environment, commit, digest };
}

function parseOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON is not a plan: the caller says so with the file's name.
    return undefined;
  }
}

function at(value: unknown, path: readonly string[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !(key in found)) return undefined;
    found = Object.getOwnPropertyDescriptor(found, key)?.value;
  }
  return found;
}
