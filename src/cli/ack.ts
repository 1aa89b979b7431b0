import type { AcknowledgeRecord } from '../api/operations-acknowledge.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import { chooseEnvironment, json, withDoor } from './context.ts';
import type { CliContext } from './context.ts';

export interface AckOptions {
  readonly ids: readonly string[];
  readonly plan: string;
  readonly reason?: string;
  readonly ref?: string;
  readonly env?: string;
  readonly output: string;
}

export async function ackCommand(context: CliContext, options: AckOptions): Promise<ExitCode> {
  const { plan: planDigest, ids, reason, ref } = options;
  assertDigest(planDigest);
  const record = await withDoor(context, async (door) =>
    door.operations.acknowledge({
      environment: await chooseEnvironment(door, options.env),
      ids,
      planDigest,
      ...(reason === undefined ? {} : { reason }),
      ...(ref === undefined ? {} : { ref }),
    }),
  );
  if (options.output === 'json') json(context.terminal, record);
  else say(context, record);
  return exitCodes.success;
}

function assertDigest(text: string): void {
  if (/^[0-9a-f]{16,64}$/.test(text)) return;
  throw new TerminalError(`"${neutral(text.slice(0, 80))}" is not the digest of a plan.`, {
    code: 'cli.usage',
    help: 'Take it from `pawl plan`: sixteen or more of its hex digits.',
    exit: exitCodes.usage,
  });
}

function say({ terminal }: CliContext, record: AcknowledgeRecord): void {
  const { environment, planDigest, by, acknowledged, outstanding, alone } = record;
  const { green } = terminal.colors;
  terminal.out(
    `${green('Acknowledged')} ${acknowledged.map(neutral).join(', ')} of plan ${planDigest.slice(0, 16)} of ${environment}, as ${neutral(by)}.`,
  );
  if (alone) terminal.note('pawl.yaml defines no groups: whoever applies also acknowledges, alone.');
  if (outstanding.length === 0) {
    terminal.out('Nothing holds it back now: it may be applied.');
    return;
  }
  terminal.out('It still waits for:');
  for (const { id, title, approvers, missing, acknowledgeable } of outstanding) {
    const who = acknowledgeable
      ? `to be acknowledged by ${approvers}; ${missing} ${missing === 1 ? 'is' : 'are'} missing`
      : 'no acknowledgement helps';
    terminal.out(`  ${id}  ${neutral(title)} (${neutral(who)})`);
  }
}
