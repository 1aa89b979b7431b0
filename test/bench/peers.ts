import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const folder = fileURLToPath(new URL('.', import.meta.url));

/** Imports a peer, installing the peers first where that was not done: only benchmarks need them. */
export async function importPeer(name: string, progress: (line: string) => void): Promise<unknown> {
  if (!existsSync(join(folder, 'node_modules', name))) {
    progress(`installing the benchmarks' peers, for ${name}`);
    await promisify(execFile)('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: folder,
      timeout: 300_000,
    });
  }
  return import(pathToFileURL(createRequire(join(folder, 'package.json')).resolve(name)).href);
}
