import { createHash } from 'node:crypto';
import { cpSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const cache = join(root, 'node_modules', '.cache', 'pawl-embedded');
const migrations = 'src/store/migrations';
/** Whatever else decides what a new database holds. */
const makers = [
  'src/store/embedded.ts',
  'src/store/migrate.ts',
  'test/support/database-template.ts',
  'node_modules/@electric-sql/pglite/package.json',
];
const keptMs = 24 * 60 * 60 * 1_000;

let image: Promise<string> | undefined;

/**
 * Puts an embedded database with pawl's newest schema at `directory`: a copy of one that was made once for this
 * checkout. Making one takes initdb and the migrations five seconds of a core, copying it half a second, and a hundred test files need one.
 */
export async function copyImage(directory: string): Promise<void> {
  image ??= imageFolder();
  await mkdir(dirname(directory), { recursive: true, mode: 0o700 });
  // Half the cost of the asynchronous copy, which goes to the thread pool several times for each of a thousand files.
  cpSync(await image, directory, { recursive: true });
}

async function imageFolder(): Promise<string> {
  const folder = join(cache, await digestOfMakers());
  if (await exists(folder)) return folder;
  await mkdir(cache, { recursive: true });
  await removeOld();
  const making = await mkdtemp(join(cache, 'making-'));
  const { makeImage } = await import('./database-template.ts');
  await makeImage(join(making, 'db'));
  try {
    // Renamed when done: an image that exists is complete. Of several processes at once, the first gives theirs.
    await rename(join(making, 'db'), folder);
  } catch (cause) {
    if (!(await exists(folder))) throw cause;
  }
  await rm(making, { recursive: true, force: true });
  return folder;
}

async function digestOfMakers(): Promise<string> {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  const names = (await readdir(join(root, migrations))).sort().map((name) => join(migrations, name));
  for (const name of [...names, ...makers]) {
    hash.update(`${name}\n`).update(await readFile(join(root, name)));
  }
  return hash.digest('hex').slice(0, 16);
}

/** Images of other migrations; a day later no test that began with them still copies. */
async function removeOld(): Promise<void> {
  for (const name of await readdir(cache)) {
    const path = join(cache, name);
    const made = await stat(path).catch(() => undefined);
    if (made !== undefined && Date.now() - made.mtimeMs > keptMs) await rm(path, { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
