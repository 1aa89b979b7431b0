import { neutral } from '../../manifest/neutral.ts';
import { partsLacked, refusesPlan } from '../../manifest/problem.ts';
import type { Plan } from '../change.ts';
import type { Withdrawn } from '../quarantine.ts';
import type { Page } from './page.ts';
import { comparedWith, counted, named, noun, targetOf } from './words.ts';

/** Which commit is compared with what. */
export function header(out: Page, plan: Plan): void {
  const subject = plan.target.subject === '' ? '' : ` "${neutral(plan.target.subject)}"`;
  const base = comparedWith(plan.base);
  out.line(0, `Environment ${neutral(plan.environment)}, ${targetOf(plan.target)}${subject}`, {
    paint: out.colors.bold,
    hang: 2,
  });
  out.line(0, `${base.charAt(0).toUpperCase()}${base.slice(1)}.`);
  out.blank();
}

/** Why a plan can never be applied: conflicts, and what is wrong with the manifests. */
export function errors(out: Page, { problems, changes }: Plan): void {
  const refusals = problems.filter(refusesPlan);
  const conflicts = changes.filter((change) => change.class === 'conflict').length;
  if (conflicts > 0) {
    out.line(0, `This plan cannot be applied: Git and live both changed ${counted(conflicts, 'resource')}.`);
    out.blank();
  }
  if (refusals.length === 0) return;
  const errorCount = refusals.filter(({ severity }) => severity === 'error').length;
  if (errorCount > 0) out.line(0, `This plan cannot be applied: ${counted(errorCount, 'error')}.`);
  const lacked = partsLacked(refusals);
  if (lacked.length > 0) out.line(0, `This plan cannot be applied by this build, which lacks: ${lacked.join(', ')}.`);
  for (const { file, line, column, code, message } of refusals) {
    out.line(2, neutral(`${file}:${line}:${column} ${code}: ${message}`), { mark: '!', paint: out.colors.red });
  }
  out.blank();
}

/** What a rollback withdrew stays withdrawn until somebody releases it. */
export function held(out: Page, { quarantined = [], held: hold }: Plan): void {
  if (hold !== undefined) {
    out.line(0, 'This plan is held: its commit may not go live.', { paint: out.colors.red });
    out.line(2, neutral(`${hold.code}: ${hold.message}`), { mark: '!', paint: out.colors.red });
    out.blank();
  }
  if (quarantined.length === 0) return;
  out.line(0, heldText(quarantined.length), { paint: out.colors.red });
  for (const withdrawn of quarantined.slice(0, heldMax)) {
    out.line(2, withdrawnText(withdrawn), { mark: '!', paint: out.colors.red });
  }
  const hidden = quarantined.length - heldMax;
  if (hidden > 0) out.line(2, `(${counted(hidden, 'more resource')}: pawl plan -o json)`, { mark: '#' });
  out.blank();
}

const heldMax = 10;

export function heldText(count: number): string {
  return `This plan is held: it brings back ${counted(count, 'resource')} that a rollback withdrew.`;
}

export function withdrawnText({ address, digest, rollback: { to, revision, by, reason } }: Withdrawn): string {
  const what = digest === undefined ? `that ${named(address)} is not there` : named(address);
  return `${what}: withdrawn by the rollback to revision ${to} (revision ${revision}, by ${neutral(by)}: ${neutral(reason)})`;
}

/** That the content was there before, as a revert of a commit brings it back. */
export function returned(out: Page, { revert }: Plan): void {
  if (revert === undefined) return;
  const { revision, returned: count, of } = revert;
  out.line(0, `This plan returns ${count} of ${of} ${noun(of, 'resource')} to revision ${revision}.`);
  out.blank();
}
