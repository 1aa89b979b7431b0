import { createTwoFilesPatch } from 'diff';
import { buffer } from 'node:stream/consumers';
import { exitCodes, TerminalError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { shownPath } from '../manifest/file-name.ts';
import { format, type Formatted } from '../manifest/format.ts';
import { neutral } from '../manifest/neutral.ts';
import type { Problem } from '../manifest/problem.ts';
import { maskSecrets } from '../manifest/secret-literal.ts';
import type { CliContext } from './context.ts';
import { filesToFormat, type FoundFile, replaceFile } from './fmt-files.ts';
import { plural } from './plural.ts';
import { renderProblems } from './problems.ts';

export interface FmtOptions {
  readonly paths: readonly string[];
  readonly check?: boolean;
  readonly diff?: boolean;
}

interface Tally {
  changed: number;
  same: number;
  refused: number;
}

/** Writes manifests in the one way to write them, or says which are not. */
export async function fmtCommand(context: CliContext, options: FmtOptions): Promise<ExitCode> {
  if (options.paths.includes('-')) return fmtStandardInput(context, options);
  const { terminal, signal } = context;
  const { files, problems } = await filesToFormat(context.cwd, options.paths.length === 0 ? ['.'] : options.paths);
  for (const problem of problems) tell(context, [problem], '');
  const tally: Tally = { changed: 0, same: 0, refused: problems.length };
  for (const file of files) {
    if (signal.aborted) return exitCodes.interrupted;
    await fmtFile(context, { file, options, tally });
  }
  const verb = options.check === true || options.diff === true ? 'to format' : 'formatted';
  const refused = tally.refused === 0 ? '' : `, ${tally.refused} refused`;
  terminal.note(`${plural(tally.changed, 'file')} ${verb}, ${tally.same} as they should be${refused}.`);
  return exitOf(tally, options);
}

interface Formatting {
  readonly file: FoundFile;
  readonly options: FmtOptions;
  readonly tally: Tally;
}

async function fmtFile(context: CliContext, { file, options, tally }: Formatting): Promise<void> {
  const formatted = format({ path: file.shown, bytes: file.bytes });
  if (formatted.kind === 'foreign') return;
  if (formatted.kind === 'refused') {
    tally.refused += 1;
    tell(context, formatted.problems, Buffer.from(file.bytes).toString('utf8'));
    return;
  }
  if (formatted.before === formatted.after) {
    tally.same += 1;
    return;
  }
  if (options.diff === true) showDiff(context, file, formatted);
  else context.terminal.out(shownPath(file.shown));
  if (options.check !== true && options.diff !== true) await replaceFile(file, formatted.after);
  tally.changed += 1;
}

function showDiff(
  { terminal }: CliContext,
  file: FoundFile,
  { before, after }: Formatted & { kind: 'manifest' },
): void {
  const name = shownPath(file.shown);
  const patch = createTwoFilesPatch(name, name, before, after, undefined, undefined, { context: 3 });
  const { red, green } = terminal.colors;
  for (const line of patch.trimEnd().split('\n').slice(1)) {
    const shown = neutral(maskSecrets(line));
    terminal.out(line.startsWith('-') ? red(shown) : line.startsWith('+') ? green(shown) : shown);
  }
}

async function fmtStandardInput(context: CliContext, options: FmtOptions): Promise<ExitCode> {
  if (options.paths.length > 1 || options.diff === true) {
    throw new TerminalError('Standard input is formatted alone, and not as a difference.', {
      code: 'cli.usage',
      help: 'Pass `-` without other paths and without --diff.',
      exit: exitCodes.usage,
    });
  }
  const bytes = await buffer(context.stdin);
  const formatted = format({ path: 'standard-input.yaml', bytes });
  if (formatted.kind === 'refused') {
    tell(context, formatted.problems, bytes.toString('utf8'));
    return exitCodes.findings;
  }
  const text = formatted.kind === 'manifest' ? formatted.after : bytes.toString('utf8');
  // Byte for byte: an editor puts it in place of what it sent.
  if (options.check !== true) context.stdout.write(text);
  const differs = formatted.kind === 'manifest' && formatted.before !== formatted.after;
  return options.check === true && differs ? exitCodes.findings : exitCodes.success;
}

function tell({ terminal }: CliContext, problems: readonly Problem[], text: string): void {
  const layout = { width: terminal.tableWidth, colors: terminal.noteColors };
  terminal.note(`${renderProblems(problems, () => text, layout)}\n`);
}

function exitOf(tally: Tally, options: FmtOptions): ExitCode {
  if (tally.refused > 0) return exitCodes.findings;
  return options.check === true && tally.changed > 0 ? exitCodes.findings : exitCodes.success;
}
