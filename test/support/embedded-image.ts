import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, truncateSync } from 'node:fs';
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
  'test/support/embedded-image.ts',
  'node_modules/@electric-sql/pglite/package.json',
];
const keptMs = 24 * 60 * 60 * 1_000;
const segmentBytes = 16 * 1024 * 1024;

/** One that initdb made and nothing since, and one with pawl's newest schema. */
export type Image = 'empty' | 'newest';

const images = new Map<Image, Promise<string>>();

/**
 * Puts an embedded database at `directory`: a copy of one that was made once for this checkout. Making one takes initdb
 * and the migrations five seconds of a core, copying it half a second, and a hundred test files need one.
 */
export async function copyImage(directory: string, name: Image = 'newest'): Promise<void> {
  const image = images.get(name) ?? imageFolder(name);
  images.set(name, image);
  copyFolder(await image, directory);
  // PostgreSQL wants its whole length; what was cut off is read as zeros, and takes no place.
  for (const segment of segmentsIn(directory)) truncateSync(segment, segmentBytes);
}

/** A quarter of the cost of asynchronous copies, which go to the thread pool several times for each of 600 files. */
function copyFolder(from: string, to: string): void {
  mkdirSync(to, { recursive: true, mode: 0o700 });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyFolder(source, target);
    else copyFileSync(source, target);
  }
}

/** Makes the images that are not there yet. */
export async function makeImages(): Promise<void> {
  await imageFolder('empty');
  await imageFolder('newest');
}

async function imageFolder(name: Image): Promise<string> {
  const folder = join(cache, `${await digestOfMakers()}-${name}`);
  if (await exists(folder)) return folder;
  await mkdir(cache, { recursive: true });
  await removeOld();
  const making = join(await mkdtemp(join(cache, 'making-')), 'db');
  const { createEmbedded, fillEmbedded } = await import('./database-template.ts');
  if (name === 'empty') await createEmbedded(making);
  else {
    await copyImage(making, 'empty');
    await fillEmbedded(making);
  }
  for (const segment of segmentsIn(making)) await cutZeros(segment);
  try {
    // Renamed when done: an image that exists is complete. Of several processes at once, the first gives theirs.
    await rename(making, folder);
  } catch (cause) {
    if (!(await exists(folder))) throw cause;
  }
  await rm(dirname(making), { recursive: true, force: true });
  return folder;
}

/** The write-ahead log's files, which are more than half of a new database and nearly all zeros. */
function segmentsIn(directory: string): string[] {
  const folder = join(directory, 'pg_wal');
  return readdirSync(folder)
    .filter((name) => /^[0-9A-F]{24}$/.test(name))
    .map((name) => join(folder, name));
}

async function cutZeros(segment: string): Promise<void> {
  const bytes = await readFile(segment);
  if (bytes.length !== segmentBytes) throw new Error(`${segment} has ${bytes.length} bytes, not ${segmentBytes}`);
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0) length -= 1;
  truncateSync(segment, length);
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
