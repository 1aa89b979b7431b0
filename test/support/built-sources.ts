import { createHash } from 'node:crypto';
import {
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';

const thisCheckout = fileURLToPath(new URL('../../', import.meta.url));
/** Longer than a run of all tests; whoever starts processes for hours uses its tree in between. */
const keptMs = 3 * 60 * 60 * 1_000;
const attemptsMax = 5;
/** What esbuild writes of every form of import: the name stands in double quotes. */
const ownImport = /\b((?:from|import)\s*\(?\s*"\.[^"\n]*\.)ts"/g;

/** As in what pawl's build joins (tooling/bundle.js): the same code as for Node, and a quarter faster. */
const yamlImport = /\b((?:from|import)\s*\(?\s*)"yaml"/g;

/** A folder with the sources as JavaScript: `src/main.ts` is `src/main.js` in it. */
export interface BuiltSources {
  readonly folder: string;
  /** Says that the tree is still needed. */
  readonly use: () => void;
}

/**
 * The checkout's sources as JavaScript, file by file, for the processes that tests start: through tsx a process of ours
 * takes a second and a half of a core before its first line, from here a third of one. A tree is named by what its
 * sources hold, so that none is ever stale. Types are not checked.
 */
export function builtSources(checkout = thisCheckout): BuiltSources {
  const cache = join(checkout, 'node_modules', '.cache', 'pawl-tests');
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    const sources = readSources(checkout);
    const folder = join(cache, sources.digest);
    if (!exists(folder)) build({ checkout, cache, ...sources });
    // What was edited meanwhile is built in part: it went aside, and the next attempt has another name.
    if (exists(folder)) return { folder, use: () => touch(folder) };
  }
  throw new Error(`The sources in ${checkout} changed while they were built, ${attemptsMax} times.`);
}

interface Sources {
  /** What each source holds, by its path from the checkout. */
  readonly digests: ReadonlyMap<string, string>;
  readonly digest: string;
}

function readSources(checkout: string): Sources {
  const paths = ['src', 'test'].flatMap((folder) => sourcesUnder(join(checkout, folder))).sort();
  const digests = new Map(paths.map((path) => [relative(checkout, path), sha256(readFileSync(path))]));
  const makers = [join(checkout, 'tsconfig.json'), fileURLToPath(import.meta.url)].map((path) => readFileSync(path));
  const maker = sha256([process.version, ...makers].join('\0'));
  return { digests, digest: `${maker}-${sha256(JSON.stringify([...digests]))}` };
}

function sha256(bytes: string | Buffer): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 24);
}

function sourcesUnder(folder: string): string[] {
  if (!exists(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : sourcesUnder(path);
    return /(?<!\.test|\.d)\.[jt]s$/.test(entry.name) ? [path] : [];
  });
}

interface Building extends Sources {
  readonly checkout: string;
  readonly cache: string;
}

function build({ checkout, cache, digests, digest }: Building): void {
  mkdirSync(cache, { recursive: true });
  removeUnused(cache);
  const making = mkdtempSync(join(cache, 'making-'));
  try {
    const left = linkWhatIsThere({ cache, making, digests, digest });
    writeTree({ checkout, making, names: left });
    writeFileSync(join(making, 'digests.json'), JSON.stringify([...digests]));
    // Not what was digested, if somebody edited a source meanwhile.
    if (readSources(checkout).digest !== digest) return;
    // Renamed when done: a tree that exists is complete. Of several processes at once, the first gives theirs.
    renameSync(making, join(cache, digest));
  } catch (cause) {
    if (!exists(join(cache, digest))) throw cause;
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}

/** The newest tree may be removed by another process while it is read: all is built then. */
function linkWhatIsThere(tree: Sources & { readonly cache: string; readonly making: string }): string[] {
  try {
    return linkUnchanged(tree);
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')) throw cause;
    // What is linked already is removed, and not written over: other trees have the same files.
    rmSync(tree.making, { recursive: true });
    mkdirSync(tree.making);
    return [...tree.digests.keys()];
  }
}

/** Takes over from the newest tree that was made the same way what holds the same; says what is left to build. */
function linkUnchanged(tree: Sources & { readonly cache: string; readonly making: string }): string[] {
  const previous = newestLike(tree.cache, tree.digest);
  const built = new Map(previous === undefined ? [] : digestsIn(previous));
  return [...tree.digests].flatMap(([name, digest]) => {
    if (previous === undefined || built.get(name) !== digest) return [name];
    const target = join(tree.making, scriptOf(name));
    mkdirSync(dirname(target), { recursive: true });
    linkSync(join(previous, scriptOf(name)), target);
    return [];
  });
}

function newestLike(cache: string, digest: string): string | undefined {
  const maker = digest.slice(0, digest.indexOf('-') + 1);
  const alike = readdirSync(cache).filter((name) => name.startsWith(maker));
  const used = alike.map((name) => ({ path: join(cache, name), usedMs: touchedMs(join(cache, name)) }));
  return used.sort((left, right) => right.usedMs - left.usedMs)[0]?.path;
}

function digestsIn(folder: string): [string, string][] {
  return JSON.parse(readFileSync(join(folder, 'digests.json'), 'utf8')) as [string, string][];
}

function writeTree(tree: { checkout: string; making: string; names: readonly string[] }): void {
  writeFileSync(join(tree.making, 'package.json'), '{"type":"module"}\n');
  for (const name of tree.names.filter((one) => one.endsWith('.js'))) {
    mkdirSync(dirname(join(tree.making, name)), { recursive: true });
    copyFileSync(join(tree.checkout, name), join(tree.making, name));
  }
  const { outputFiles } = buildSync({
    absWorkingDir: tree.checkout,
    entryPoints: tree.names.filter((name) => name.endsWith('.ts')),
    outbase: tree.checkout,
    outdir: tree.making,
    bundle: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    write: false,
    logLevel: 'silent',
  });
  for (const { path, text } of outputFiles) {
    const original = join(tree.checkout, relative(tree.making, path)).replace(/\.js$/, '.ts');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, textFor(text, original));
  }
}

function scriptOf(name: string): string {
  return name.replace(/\.ts$/, '.js');
}

/** Schemas, migrations and examples are read beside the original. */
function textFor(text: string, original: string): string {
  const url = JSON.stringify(pathToFileURL(original).href);
  return text
    .replaceAll(ownImport, '$1js"')
    .replaceAll(yamlImport, (_, words: string) => `${words}${JSON.stringify(yamlForBrowsers())}`)
    .replaceAll(/\bimport\.meta\.url\b/g, () => url);
}

function yamlForBrowsers(): string {
  const node = createRequire(import.meta.url).resolve('yaml');
  return pathToFileURL(join(dirname(node), '../browser/index.js')).href;
}

function removeUnused(cache: string): void {
  for (const name of readdirSync(cache)) {
    const path = join(cache, name);
    if (Date.now() - touchedMs(path) > keptMs) rmSync(path, { recursive: true, force: true });
  }
}

/** Another process may remove it at the same time; then it counts as old. */
function touchedMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function touch(folder: string): void {
  const now = new Date();
  utimesSync(folder, now, now);
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
