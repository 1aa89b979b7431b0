// Builds src/ into dist/: `node tooling/build.js`. Plain JavaScript, because `prepare` runs it before anything is built,
// and on Node 20, which does not run TypeScript.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, 'src');
const target = join(root, 'dist');
const stampFile = join(target, '.stamp');

const bundled = join(target, 'bundle');
const programs = ['tooling/build.js', 'tooling/bundle.js', 'tooling/licences.js'];

process.exitCode = await build();

async function build() {
  const stamp = stampOfInputs();
  // Even an incremental tsc that has nothing to do takes over half a second; the stamp takes a few milliseconds.
  if (isBuilt() && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return 0;
  const compiler = findCompiler();
  if (compiler === undefined) return withoutCompiler();
  rmSync(stampFile, { force: true });
  removeStale();
  const compiled = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (compiled.status !== 0) return compiled.status ?? 1;
  copyAssets();
  // Loaded here, because without the development packages there is nothing to bundle with.
  await (await import('./bundle.js')).bundle({ root, target, bundled });
  writeFileSync(stampFile, stamp);
  return 0;
}

function isBuilt() {
  return existsSync(join(target, 'main.js')) && existsSync(join(bundled, 'main.js'));
}

function stampOfInputs() {
  const hash = createHash('sha256').update(process.version);
  const settings = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', ...programs];
  for (const path of [...settings.map((name) => join(root, name)), ...filesUnder(source)]) {
    const { size, mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { size: -1, mtimeMs: -1 };
    hash.update(`${relative(root, path)}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

function filesUnder(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function findCompiler() {
  try {
    return createRequire(import.meta.url).resolve('typescript/bin/tsc');
  } catch {
    return undefined;
  }
}

// `npm ci --omit=dev` runs `prepare` too. That is right where dist/ comes from elsewhere, as in the Docker image.
function withoutCompiler() {
  if (isBuilt()) return 0;
  process.stderr.write(
    'pawl is not built, because TypeScript is not installed. Run "npm ci" with development packages.\n',
  );
  return process.env.npm_lifecycle_event === 'prepare' ? 0 : 1;
}

// tsc never removes what a deleted file once compiled to, and dist/ would keep running it.
function removeStale() {
  const made = /(\.js|\.js\.map|\.d\.ts)$/;
  for (const path of filesUnder(target)) {
    // Its parts have names of their own, and processes that run are still to load some.
    if (path.startsWith(bundled + sep)) continue;
    const original = join(source, relative(target, path));
    const isStale = made.test(path) ? !existsSync(original.replace(made, '.ts')) : !existsSync(original);
    if (isStale && !path.endsWith('.tsbuildinfo')) rmSync(path);
  }
  // A compiler that remembers having written main.js does not write it again.
  if (!existsSync(join(target, 'main.js'))) rmSync(join(target, '.tsbuildinfo'), { force: true });
}

function copyAssets() {
  for (const path of filesUnder(source)) {
    if (path.endsWith('.ts')) continue;
    const copy = join(target, relative(source, path));
    mkdirSync(dirname(copy), { recursive: true });
    cpSync(path, copy);
  }
}
