import { exitCodes, isPawlError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import type { Terminal } from './terminal.ts';
import { neutral } from '../manifest/neutral.ts';

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly help: string | undefined;
  readonly exit: ExitCode;
}

export function failureOf(error: unknown): Failure {
  if (isPawlError(error)) {
    return { code: error.code, message: error.message, help: error.help, exit: error.exit };
  }
  return {
    code: 'internal.unexpected',
    message: error instanceof Error ? error.message : String(error),
    help: 'This is a bug in pawl or a failure of the machine. Set PAWL_LOG_LEVEL=debug for the stack.',
    exit: exitCodes.unexpected,
  };
}

/** Says on stderr what went wrong and what to do, as text or as one JSON object. */
export function reportFailure(failure: Failure, terminal: Terminal, json: boolean): void {
  if (json) {
    terminal.note(JSON.stringify({ format_version: '1.0', error: { ...failure, help: failure.help ?? null } }));
    return;
  }
  const { red, bold, dim } = terminal.noteColors;
  terminal.note(`${red(bold(`error ${failure.code}`))}: ${failure.message.split('\n').map(neutral).join('\n')}`);
  if (failure.help !== undefined) terminal.note(dim(`  = help: ${neutral(failure.help)}`));
}
