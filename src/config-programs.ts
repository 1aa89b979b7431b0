import { isAbsolute } from 'node:path';
import { type Environment, foldersOf, textOf } from './environment.ts';

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

function readFolders(environment: Environment): readonly string[] {
  const help = 'Set it to the folders that programs of tools may read, with commas between them.';
  return foldersOf(environment, 'PAWL_PROGRAM_FILES', help);
}
