import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { json } from './context.ts';
import type { CliContext } from './context.ts';
import { neutral } from '../manifest/neutral.ts';

export async function doctorCommand(context: CliContext, options: { output: string }): Promise<ExitCode> {
  const { terminal } = context;
  const app = await context.app(context.cwd);
  const checks = await app.doctor();
  if (options.output === 'json') {
    json(terminal, { checks });
  } else {
    const { green, yellow, red } = terminal.colors;
    const marks = { ok: green('ok     '), warning: yellow('warning'), failed: red('failed ') };
    for (const check of checks) {
      terminal.out(`${marks[check.state]}  ${check.name.padEnd(14)}  ${neutral(check.detail)}`);
      if (check.help !== undefined) terminal.out(`${' '.repeat(23)}= help: ${check.help}`);
    }
  }
  return checks.some((check) => check.state === 'failed') ? exitCodes.unexpected : exitCodes.success;
}
