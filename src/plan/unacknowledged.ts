import { exitCodes, TerminalError } from '../errors.ts';
import { approversText } from './approvers.ts';
import type { Plan } from './change.ts';
import type { Outstanding } from './outstanding.ts';

/** What of a plan its refusal names. */
type Refused = Pick<Plan, 'environment' | 'digest'>;

const shownMax = 20;

/** The refusal: one line for the record, then one for each thing that waits, then what to type. */
export function unacknowledged(plan: Refused, outstanding: readonly Outstanding[]): TerminalError {
  const count = outstanding.length === 1 ? '1 acknowledgement is' : `${outstanding.length} acknowledgements are`;
  const first = `Plan ${plan.digest.slice(0, 8)} is not applied: ${count} missing: ${shortList(outstanding.map(({ id }) => id))}.`;
  const lines = outstanding.slice(0, shownMax).map(({ id, title, approvers, missing, acknowledgeable }) => {
    const more = approvers.min > 1 && missing < approvers.min ? `; ${missing} more` : '';
    const who = acknowledgeable
      ? `to be acknowledged by ${approversText(approvers)}${more}`
      : 'no acknowledgement helps';
    return `  ${id}  ${title} (${who})`;
  });
  const rest = outstanding.length > shownMax ? [`  … and ${outstanding.length - shownMax} more: see pawl plan`] : [];
  return new TerminalError([first, ...lines, ...rest].join('\n'), {
    code: 'plan.unacknowledged',
    help: helpFor(plan, outstanding),
    exit: exitCodes.findings,
  });
}

function helpFor(plan: Refused, outstanding: readonly Outstanding[]): string {
  const ids = outstanding.filter(({ acknowledgeable }) => acknowledgeable).map(({ id }) => id);
  if (ids.length === 0) return 'Take it out of the commit: see pawl explain plan.unacknowledged.';
  return `Look at \`pawl plan\`. Whoever may: \`${ackCommand(plan, ids)}\`. Or, with the apply: \`pawl apply --env ${plan.environment} ${ids
    .slice(0, shownMax)
    .map((id) => `--ack ${id}`)
    .join(' ')}\`.`;
}

/** What to type to acknowledge these. */
export function ackCommand({ environment, digest: of }: Refused, ids: readonly string[]): string {
  return `pawl ack ${ids.slice(0, shownMax).join(' ')} --plan ${of.slice(0, digestShown)} --env ${environment}`;
}

/** So much of a plan's digest identifies it: nobody finds another plan with the same. */
const digestShown = 16;

/** Some of many, and how many more. */
export function shortList(ids: readonly string[]): string {
  const shown = ids.slice(0, shownMax).join(', ');
  return ids.length > shownMax ? `${shown} and ${ids.length - shownMax} more` : shown;
}
