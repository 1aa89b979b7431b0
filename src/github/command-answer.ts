import { code, inert } from '../plan/render/inert.ts';
import { clip } from '../plan/render/words.ts';
import { forgetPublished, plansOfPull } from '../store/pull-plan.ts';
import { type PullFacts, recordPull } from '../store/pull-request.ts';
import { acknowledgeByComment } from './command-ack.ts';
import { type Commanding, refused, rowOf, verdictsOf } from './command-plans.ts';
import type { Command } from './command.ts';
import type { GitHubRound } from './context.ts';
import { readPull } from './pull-facts.ts';
import type { PullVerdict } from './pull-verdict.ts';
import { publish } from './publish.ts';

/** Does what was asked; gives what there is to say, in Markdown, and throws why not. */
export async function answerCommand(round: GitHubRound, command: Command, by: Commanding): Promise<string | undefined> {
  if (command.kind === 'unknown') return `That is no command of pawl, or an id in it is misspelt.\n\n${usage}`;
  if (command.kind === 'help' && command.environment === undefined) return usage;
  const { db } = round.plane.database;
  const facts = await readPull(round.github, by.number);
  await recordPull(db, facts);
  if (command.kind === 'ack') return acknowledgeByComment(round, { command, by, facts });
  if (facts.state !== 'open') throw refused('The pull request is not open.', 'Open it again.');
  const verdicts = await verdictsOf(round, facts);
  if (command.kind === 'plan') return planAgain(round, facts, verdicts);
  if (command.kind === 'explain') return explained(command.address, verdicts);
  return helpFor(command.environment ?? '', verdicts);
}

const usage = [
  'A command is the first line of a comment, alone:',
  '- `/pawl plan` plans again',
  '- `/pawl ack R1-3f2a …` and a reason: agrees to risks or guards that the plan above shows',
  '- `/pawl explain Kind/namespace/name` says what becomes of a resource, and why',
  '- `/pawl help` or `/pawl help environment` says what can be done',
].join('\n');

/** Writes comment and check anew, whatever stands there. */
async function planAgain(round: GitHubRound, facts: PullFacts, verdicts: readonly PullVerdict[]): Promise<undefined> {
  const { db } = round.plane.database;
  for (const row of (await plansOfPull(db, facts.repository, facts.number)).values()) await forgetPublished(db, row);
  const rows = await plansOfPull(db, facts.repository, facts.number);
  for (const verdict of verdicts) await publish(round, { pull: rowOf(facts), rows }, verdict);
  return undefined;
}

const linesMax = 20;

function explained(address: string, verdicts: readonly PullVerdict[]): string {
  const texts = verdicts.flatMap((verdict) => {
    if (verdict.kind !== 'planned') return [];
    const { changes, risks, environment } = verdict.plan;
    const change = changes.find((one) => one.address === address);
    if (change === undefined) return [];
    const why = change.reason === undefined ? '' : ` ${inert(clip(change.reason, 300))}.`;
    const about = risks.filter(
      ({ subject, causes }) => subject === address || causes.some((cause) => JSON.stringify(cause).includes(address)),
    );
    const lines = about.slice(0, linesMax).map(({ id, title }) => `- ${code(id)} ${inert(clip(title, 300))}`);
    const head = `In ${code(environment)} ${code(address)}: ${change.action}.${why}`;
    return [[head, ...lines].join('\n')];
  });
  return texts.length === 0 ? `The plan changes no ${code(address)}.` : texts.join('\n\n');
}

function helpFor(environment: string, verdicts: readonly PullVerdict[]): string {
  const verdict = verdicts.find((one) => one.environment === environment);
  if (verdict === undefined) {
    const names = verdicts.map((one) => code(one.environment)).join(', ') || 'none';
    return `No environment ${code(environment)} goes live from this base branch. There are: ${names}.\n\n${usage}`;
  }
  if (verdict.kind !== 'planned') return `There is no plan for ${code(environment)}.\n\n${usage}`;
  const ids = verdict.plan.risks.flatMap(({ id, gate }) => (gate === 'ack' ? [id] : []));
  const all = [...ids, ...verdict.plan.guards.flatMap(({ id, acknowledgeable }) => (acknowledgeable ? [id] : []))];
  const what =
    all.length === 0
      ? 'Nothing of it has to be acknowledged.'
      : `To acknowledge: ${all.map((id) => code(id)).join(', ')}.`;
  return `The plan for ${code(environment)} is in its comment. ${what}\n\n${usage}`;
}
