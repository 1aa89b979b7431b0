import { randomBytes } from 'node:crypto';
import { appendFile, mkdtemp, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TerminalError } from '../errors.ts';

/** GitHub refuses a summary of over a mebibyte as a whole. */
export const summaryBytesMax = 1024 * 1024;

/** Hands values to the steps that follow. The delimiter is random: no value can end itself and begin another. */
export async function writeOutputs(file: string | undefined, outputs: Readonly<Record<string, string>>): Promise<void> {
  if (file === undefined) return;
  const delimiter = `pawl_${randomBytes(16).toString('hex')}`;
  const lines = Object.entries(outputs).map(([name, value]) => `${name}<<${delimiter}\n${value}\n${delimiter}\n`);
  await written(() => appendFile(file, lines.join('')));
}

/** Adds as many of the sections as the page takes, whole; says how many it could not. */
export async function writeSummary(file: string | undefined, sections: readonly string[]): Promise<void> {
  if (file === undefined) return;
  const note = (left: number): string => `\n${left} more are not shown here: the page would be too large.\n`;
  const known = await stat(file).catch(() => undefined);
  let room = summaryBytesMax - (known?.size ?? 0) - Buffer.byteLength(note(sections.length));
  const shown: string[] = [];
  for (const section of sections) {
    const bytes = Buffer.byteLength(section) + 1;
    if (bytes > room) break;
    room -= bytes;
    shown.push(section);
  }
  const left = sections.length - shown.length;
  await written(() => appendFile(file, `${shown.join('\n')}${left === 0 ? '' : note(left)}`));
}

/** A file of the job's own, for the steps that follow; gives its path. */
export async function writeForSteps(folder: string | undefined, files: ReadonlyMap<string, string>): Promise<string> {
  return written(async () => {
    const own = await mkdtemp(join(folder ?? tmpdir(), 'pawl-'));
    for (const [name, content] of files) await writeFile(join(own, name), content);
    return own;
  });
}

async function written<Result>(write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    throw new TerminalError(`An answer could not be written for the steps that follow${why}.`, {
      code: 'action.output_failed',
      help: 'Look at the free space and the permissions of the runner.',
      cause: error,
    });
  }
}
