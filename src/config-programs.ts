import { isAbsolute, resolve } from 'node:path';
import { type Environment, invalid, listOf, textOf } from './environment.ts';

/** What the operator of a worker says of the programs of tools. */
export interface ProgramSettings {
  /** Folders in which a program without a path is looked for. */
  readonly path: readonly string[];
  /** Folders beside the system's own that programs may read. */
  readonly readable: readonly string[];
}

export function readProgramSettings(environment: Environment): ProgramSettings {
  const path = (textOf(environment, 'PATH') ?? '/usr/local/bin:/usr/bin:/bin').split(':').filter(isAbsolute);
  return { path, readable: readFolders(environment) };
}

/** Not everything, and nothing that is relative to wherever the worker was started. */
function readFolders(environment: Environment): readonly string[] {
  const folders = listOf(environment, 'PAWL_PROGRAM_FILES');
  for (const folder of folders) {
    if (isAbsolute(folder) && resolve(folder) !== resolve('/')) continue;
    throw invalid(
      `PAWL_PROGRAM_FILES names ${folder}, which is no folder by an absolute path.`,
      'Set it to the folders that programs of tools may read, with commas between them.',
    );
  }
  return folders.map((folder) => resolve(folder));
}
