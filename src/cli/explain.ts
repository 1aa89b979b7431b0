import { codes, explain } from '../codes.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { json } from './context.ts';
import type { CliContext } from './context.ts';
import { nearest } from '../manifest/nearest.ts';
import { renderTable } from './table.ts';

export interface ExplainOptions {
  readonly code: string | undefined;
  readonly output: string;
}

export async function explainCommand({ terminal }: CliContext, options: ExplainOptions): Promise<ExitCode> {
  if (options.code === undefined) {
    if (options.output === 'json') json(terminal, { codes });
    else
      terminal.out(
        renderTable(
          ['CODE', 'TITLE'],
          Object.entries(codes).map(([code, doc]) => [code, doc.title]),
          terminal.tableWidth,
        ),
      );
    return exitCodes.success;
  }
  const doc = explain(options.code);
  if (doc === undefined) throw unknownCode(options.code);
  if (options.output === 'json') json(terminal, { code: options.code, ...doc });
  else
    terminal.out(
      [`${terminal.colors.bold(options.code)}  ${doc.title}`, '', `Cause: ${doc.cause}`, `Cure:  ${doc.cure}`].join(
        '\n',
      ),
    );
  return exitCodes.success;
}

function unknownCode(code: string): TerminalError {
  const guess = nearest(code, Object.keys(codes));
  return new TerminalError(`There is no code "${code}".`, {
    code: 'cli.unknown_code',
    help: guess === undefined ? 'Run `pawl explain` to list all codes.' : `Did you mean "${guess}"?`,
    exit: exitCodes.usage,
  });
}
