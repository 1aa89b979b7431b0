import { exitCodes, TerminalError } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import { approversText, personKey } from '../plan/approvers.ts';
import type { Plan } from '../plan/change.ts';
import { gatedOf, type Outstanding } from '../plan/outstanding.ts';
import { unacknowledged } from '../plan/unacknowledged.ts';
import type { CliContext } from './context.ts';

/** More than these are not answered one by one: whoever types without reading agrees to nothing. */
const askedMax = 20;

/**
 * The ids that whoever applies acknowledges: those of the command line, and on a terminal those that are typed, one
 * by one. Whether they may is decided where the plan is applied.
 */
export async function askForAcknowledgements(
  { stdin, terminal }: CliContext,
  plan: Plan,
  given: readonly string[],
): Promise<readonly string[]> {
  const open = openOf(plan, given);
  if (open.length === 0) return given;
  if (stdin.isTTY !== true || open.length > askedMax || open.some(({ acknowledgeable }) => !acknowledgeable)) {
    throw unacknowledged(plan, open);
  }
  const typed: string[] = [];
  for (const { id, title, approvers } of open) {
    terminal.note(`\n${id}  ${neutral(title)}`);
    const who = `To be acknowledged by ${neutral(approversText(approvers))}.`;
    const answer = await terminal.ask(`${who} Type ${id} if you do: `, `--ack ${id}`);
    if (answer !== id) throw declined(id);
    typed.push(id);
  }
  return [...given, ...typed];
}

/** What nobody is known to have acknowledged; the last word is with whoever applies. */
function openOf(plan: Plan, given: readonly string[]): readonly Outstanding[] {
  const words = plan.beside?.acknowledgements ?? [];
  return gatedOf(plan, plan.targetRules, plan.beside?.guards).flatMap((gated) => {
    const people = new Set(words.filter(({ id }) => id === gated.id).map(({ by }) => personKey(by)));
    const missing = gated.approvers.min - people.size;
    return given.includes(gated.id) || missing <= 0 ? [] : [{ ...gated, missing }];
  });
}

function declined(id: string): TerminalError {
  return new TerminalError(`Not applied: ${id} was not acknowledged.`, {
    code: 'cli.declined',
    help: 'Run it again and type the id, or let somebody else acknowledge it.',
    exit: exitCodes.unexpected,
  });
}
