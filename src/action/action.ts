import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { findRoot, noRepository } from '../config.ts';
import type { ActionSettings, FailReason } from '../config-action.ts';
import { failureOf } from '../cli/failure.ts';
import { type Annotation, annotationOf, commandsOf } from '../cli/github-annotations.ts';
import { plural } from '../cli/plural.ts';
import { countProblems, shownProblem } from '../cli/problems.ts';
import { renderStepSummary } from '../cli/step-summary.ts';
import { validateFiles } from '../controller/validation.ts';
import { type ExitCode, exitCodes, TerminalError } from '../errors.ts';
import { neutral, neutralJson } from '../manifest/neutral.ts';
import type { Problem } from '../manifest/problem.ts';
import { WorkingCopy } from '../source/working-copy.ts';
import type { Surroundings } from '../source/reader.ts';
import { type ActionEvent, readEvent } from './event.ts';
import { localPlans } from './local-plan.ts';
import { annotationsOf, type Figures, figuresOf, type Planned } from './planned.ts';
import { writeForSteps, writeOutputs, writeSummary } from './runner-files.ts';
import { serverPlans } from './server-plan.ts';

/** What the step's environment says. */
export interface StepSettings {
  readonly settings: ActionSettings;
  readonly surroundings: Surroundings;
}

/** Writes a line of the step's log. */
export type Print = (line: string) => void;

interface ActionRun extends StepSettings {
  readonly print: Print;
}

interface Found {
  readonly problems: readonly Problem[];
  readonly plans: readonly Planned[];
  readonly notes: readonly string[];
}

/**
 * One step of a workflow: what is wrong in the files, what the commit changes, and whether that fails the step. Gives
 * the exit code, which is the command line's; what goes wrong is an annotation too, and never thrown.
 */
export async function runAction(read: () => StepSettings, print: Print): Promise<ExitCode> {
  try {
    return await step({ ...read(), print });
  } catch (error) {
    const { code, message, help, exit } = failureOf(error);
    const text = help === undefined ? message : `${message} ${help}`;
    const { lines } = commandsOf([neutralAnnotation({ level: 'error', title: code, message: text })]);
    for (const line of lines) print(line);
    return exit;
  }
}

async function step(run: ActionRun): Promise<ExitCode> {
  const found = await lookAt(run);
  const figures = found.plans.map(figuresOf);
  const outcome = outcomeOf(run.settings, found, figures);
  printPlans(run, found.plans);
  const annotations = [
    ...found.notes.map((message): Annotation => ({ level: 'warning', title: 'pawl', message })),
    // GitHub shows ten of a level: what is newly allowed comes before what is only untidy.
    ...found.plans.flatMap(annotationsOf),
    ...found.problems.map(annotationOf),
  ];
  const { lines, left } = commandsOf(annotations.map(neutralAnnotation));
  for (const line of lines) run.print(line);
  const { files } = run.settings;
  await writeSummary(files.summary, sectionsOf(found, { verdict: outcome.verdict, left }));
  await writeOutputs(files.output, await outputsOf(run, found, figures));
  run.print(left === '' ? outcome.verdict : `${outcome.verdict} Not annotated: ${left}.`);
  return outcome.exit;
}

async function lookAt(run: ActionRun): Promise<Found> {
  const { settings } = run;
  const root = findRoot(resolve(settings.path));
  if (root === undefined) throw noRepository(settings.path);
  const notes: string[] = [];
  const validation = await validateFiles(new WorkingCopy({ root }), undefined);
  const problems = validation.problems.map(shownProblem);
  if (settings.command === 'validate' || countProblems(problems).errors > 0) return { problems, plans: [], notes };
  const event = await readEvent(settings.event.name, settings.event.file);
  const note = (sentence: string): void => void notes.push(sentence);
  const plans = (await askServer(run, event, note)) ?? (await localPlans({ ...settings, ...run, root, event, note }));
  return { problems, plans, notes };
}

/** Undefined: there is no server to ask, or nobody whom it would believe. */
async function askServer(
  { settings, print }: ActionRun,
  event: ActionEvent,
  note: (sentence: string) => void,
): Promise<readonly Planned[] | undefined> {
  const { server, identity, environments } = settings;
  if (server === undefined) return undefined;
  if (event.name === 'pull_request_target') throw refusedEvent();
  if (event.isFork) {
    note('GitHub gives forks no token: this is a plan by Git alone, not compared with what is live.');
    return undefined;
  }
  const { commit } = settings.event;
  if (identity === undefined || commit === undefined) throw noIdentity();
  return serverPlans({ server, identity, commit, environments, hide: (token) => print(`::add-mask::${token}`) });
}

interface Outcome {
  readonly exit: ExitCode;
  readonly verdict: string;
}

/** The exit codes of the command line: findings before differences. */
function outcomeOf({ failOn, command }: ActionSettings, found: Found, figures: readonly Figures[]): Outcome {
  const { errors, warnings } = countProblems(found.problems);
  if (errors > 0) return { exit: exitCodes.findings, verdict: `Not valid: ${plural(errors, 'error')}.` };
  if (figures.some(({ errored }) => errored)) return { exit: exitCodes.findings, verdict: 'A plan cannot be applied.' };
  const total = (key: 'widenings' | 'decisions' | 'drifted'): number =>
    figures.reduce((sum, plan) => sum + plan[key], 0);
  const changed = figures.filter((plan) => plan.changed).length;
  const reasons: readonly (readonly [FailReason, number, ExitCode, string])[] = [
    ['warnings', warnings, exitCodes.findings, plural(warnings, 'warning')],
    ['widenings', total('widenings'), exitCodes.findings, plural(total('widenings'), 'widening')],
    ['decisions', total('decisions'), exitCodes.findings, `${plural(total('decisions'), 'decision')} needed`],
    ['drift', total('drifted'), exitCodes.differences, `${plural(total('drifted'), 'resource')} drifted`],
    ['changes', changed, exitCodes.differences, 'there are changes'],
  ];
  const failed = reasons.find(([reason, count]) => failOn.has(reason) && count > 0);
  if (failed !== undefined) return { exit: failed[2], verdict: `Failed as fail-on asks: ${failed[3]}.` };
  const valid = `Valid${warnings === 0 ? '' : `, ${plural(warnings, 'warning')}`}.`;
  const said = reasons.filter(([reason, count]) => reason !== 'warnings' && count > 0).map(([, , , text]) => text);
  const planned = said.length === 0 ? 'no changes' : said.join(', ');
  return { exit: exitCodes.success, verdict: command === 'validate' ? valid : `${valid} Planned: ${planned}.` };
}

/** The text of a plan is an author's text: the runner obeys no command between these lines. */
function printPlans({ print }: ActionRun, plans: readonly Planned[]): void {
  for (const { environment, text } of plans) {
    if (text === undefined) continue;
    const resume = randomBytes(16).toString('hex');
    print(`::group::pawl plan for ${neutral(environment)}`);
    print(`::stop-commands::${resume}`);
    print(text.trimEnd());
    print(`::${resume}::`);
    print('::endgroup::');
  }
}

function neutralAnnotation({ title, message, file, ...rest }: Annotation): Annotation {
  const place = file === undefined ? {} : { file: neutral(file) };
  return { ...rest, ...place, title: neutral(title), message: neutral(message) };
}

function sectionsOf({ problems, plans, notes }: Found, said: Record<'verdict' | 'left', string>): readonly string[] {
  const missing = said.left === '' ? '' : ` Not annotated: ${said.left}.`;
  const head = renderStepSummary(problems, [`${said.verdict}${missing}`, ...notes].join(' '));
  return [head, ...plans.map(({ markdown }) => markdown)];
}

async function outputsOf(
  { settings }: ActionRun,
  { problems, plans }: Found,
  figures: readonly Figures[],
): Promise<Readonly<Record<string, string>>> {
  const { errors, warnings } = countProblems(problems);
  const sum = (of: (plan: Figures) => number): string => String(figures.reduce((all, plan) => all + of(plan), 0));
  const [only] = figures;
  return {
    errors: String(errors),
    warnings: String(warnings),
    'has-changes': String(figures.some(({ changed }) => changed)),
    widenings: sum(({ widenings }) => widenings),
    decisions: sum(({ decisions }) => decisions),
    drifted: sum(({ drifted }) => drifted),
    'plan-digest': only !== undefined && figures.length === 1 ? only.digest : '',
    plans: neutralJson(JSON.stringify(figures.map(({ errored: _errored, ...figure }) => figure))),
    ...(await filesOf(settings, plans)),
  };
}

/** One file of JSON and one of Markdown for each environment, whose names are safe in any file system. */
async function filesOf(settings: ActionSettings, plans: readonly Planned[]): Promise<Readonly<Record<string, string>>> {
  if (plans.length === 0 || settings.files.output === undefined) return { 'plan-json': '', 'plan-markdown': '' };
  const files = new Map<string, string>();
  for (const [index, { json, markdown }] of plans.entries()) {
    files.set(`plan-${index + 1}.json`, `${neutralJson(JSON.stringify(json, null, 2))}\n`);
    files.set(`plan-${index + 1}.md`, markdown);
  }
  const folder = await writeForSteps(settings.files.temporary, files);
  const paths = (ending: string): string =>
    plans.map((_plan, index) => join(folder, `plan-${index + 1}${ending}`)).join('\n');
  return { 'plan-json': paths('.json'), 'plan-markdown': paths('.md') };
}

function refusedEvent(): TerminalError {
  return new TerminalError('No server is asked for a plan in a workflow on pull_request_target.', {
    code: 'action.event_refused',
    help: 'Run the workflow on pull_request; a fork is then planned by Git alone.',
    exit: exitCodes.usage,
  });
}

function noIdentity(): TerminalError {
  return new TerminalError('The server wants an OIDC token, and this job may not ask for one.', {
    code: 'action.identity_missing',
    help: 'Add `permissions: { id-token: write, contents: read }` to the job.',
    exit: exitCodes.unauthorised,
  });
}
