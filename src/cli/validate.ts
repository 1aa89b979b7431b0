import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { exitCodes, TerminalError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { partsLacked } from '../manifest/problem.ts';
import type { Validation } from './app-port.ts';
import { json } from './context.ts';
import type { CliContext } from './context.ts';
import { excerpts } from './excerpts.ts';
import { countProblems, renderProblems } from './problems.ts';

export interface ValidateOptions {
  readonly path: string;
  readonly env?: string;
  readonly output: string;
}

export async function validateCommand(context: CliContext, options: ValidateOptions): Promise<ExitCode> {
  const { terminal } = context;
  const path = resolve(context.cwd, options.path);
  if (!existsSync(path)) {
    throw new TerminalError(`There is nothing at ${options.path}.`, {
      code: 'cli.file',
      help: 'Check the path; it is taken from the folder in which the command was typed.',
      exit: exitCodes.usage,
    });
  }
  const app = await context.app(path);
  const validation = await app.validate({ path, environment: options.env });
  const counts = countProblems(validation.problems);
  if (options.output === 'json') json(terminal, { valid: counts.errors === 0, ...validation });
  else {
    if (validation.problems.length > 0) {
      const layout = { width: terminal.width, colors: terminal.colors };
      terminal.out(`${renderProblems(validation.problems, excerpts(validation.root), layout)}\n`);
    }
    terminal.out(verdict(validation, counts));
  }
  return counts.errors > 0 ? exitCodes.findings : exitCodes.success;
}

function verdict(validation: Validation, counts: { readonly errors: number; readonly warnings: number }): string {
  const warnings = counts.warnings === 0 ? '' : `, ${plural(counts.warnings, 'warning')}`;
  if (counts.errors > 0) return `Not valid: ${plural(counts.errors, 'error')}${warnings}.`;
  const environments = validation.environments.map(
    ({ name, resources }) => `${name}: ${plural(resources, 'resource')}`,
  );
  const lacked = partsLacked(validation.problems);
  const blocked = lacked.length === 0 ? '' : `\nThis build cannot apply it: it lacks ${lacked.join(', ')}.`;
  return `Valid${warnings}. ${environments.join('; ')}.${blocked}`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
