import type { UndoneRecord } from '../api/operations-drift.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import { chooseEnvironment, json, withDoor } from './context.ts';
import type { CliContext } from './context.ts';
import { plural } from './plural.ts';
import { renderDrift } from './render-drift.ts';

export interface DriftHealOptions {
  readonly addresses: readonly string[];
  readonly env?: string;
  readonly resume?: boolean;
  readonly autoApprove?: boolean;
  readonly output: string;
}

/** Undoes what hands did to rows, or lets controllers do so again. */
export async function driftHealCommand(context: CliContext, options: DriftHealOptions): Promise<ExitCode> {
  return withDoor(context, async (door) => {
    const { terminal } = context;
    const environment = await chooseEnvironment(door, options.env);
    if (options.resume === true) {
      if (options.addresses.length > 0) throw resumeIsOfAll();
      const state = await door.operations.resumeHealing(environment);
      if (options.output === 'json') json(terminal, { ...state, stoppedAt: state.stoppedAt ?? null });
      else terminal.out(`Controllers put drifted rows of ${environment} back again.`);
      return exitCodes.success;
    }
    if (options.autoApprove !== true) {
      const drift = await door.operations.drift(environment);
      if (drift.length > 0) {
        terminal.note(renderDrift(environment, drift, terminal.noteColors));
        await confirm(context, environment);
      }
    }
    const record = await door.operations.heal({ environment, addresses: options.addresses });
    if (options.output === 'json') json(terminal, { ...record, undone: record.undone.map(asJson) });
    else if (record.undone.length === 0) terminal.out(`No drift. ${environment} is what its revision says.`);
    else {
      const count = plural(record.undone.length, 'resource');
      terminal.out(
        `${terminal.colors.green('Healed:')} ${count} of ${environment} as revision ${record.revision} says.`,
      );
      for (const one of record.undone) terminal.out(`  ${one.address}${handOf(one)}`);
    }
    return exitCodes.success;
  });
}

async function confirm({ terminal }: CliContext, environment: string): Promise<void> {
  const answer = await terminal.ask(`\nUndo this in ${environment}? Only "yes" is taken: `, '--auto-approve');
  if (answer === 'yes') return;
  throw new TerminalError('Nothing was put back.', {
    code: 'cli.declined',
    help: 'Run it again and answer yes, or pass --auto-approve.',
    exit: exitCodes.unexpected,
  });
}

function handOf({ by, at }: UndoneRecord): string {
  return by === undefined ? '' : `  (changed by ${neutral(by)}${at === undefined ? '' : ` at ${at}`})`;
}

function asJson({ by, at, ...undone }: UndoneRecord): object {
  return { ...undone, by: by ?? null, at: at ?? null };
}

function resumeIsOfAll(): TerminalError {
  return new TerminalError('--resume is of the whole environment and takes no address.', {
    code: 'cli.usage',
    help: 'Run it without addresses.',
    exit: exitCodes.usage,
  });
}
