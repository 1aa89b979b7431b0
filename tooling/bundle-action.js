// Bundles src/action/ into dist-action/index.js, which action.yml runs: GitHub takes an action as its repository has it,
// and installs nothing. `node tooling/bundle-action.js [--check]`; the bundle is the same bytes on every machine.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { licences } from './licences.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, 'dist-action');
/** Half of it is the compiled schemas. A step waits for every byte to be fetched and compiled. */
const bytesMax = 3_000_000;
/** Whatever could reach a database, a model, a tool or the API has no business in a build. */
const strays =
  /^(?:src\/(?:store|run|models|tools|bus|api|github|apply)\/(?!codes|nats-options)|node_modules\/(?:@electric-sql|pg|kysely|@ai-sdk|@nats-io|@octokit|@modelcontextprotocol|hono)\/)/;

const made = await bundle();
process.exitCode = process.argv.includes('--check') ? check() : write();

async function bundle() {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['src/action/main.ts'],
    outfile: 'dist-action/index.js',
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    charset: 'utf8',
    legalComments: 'none',
    // Packages that are still CommonJS ask for Node's own parts by `require`.
    banner: {
      js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  const inputs = Object.entries(Object.values(metafile.outputs)[0].inputs).filter(
    ([, { bytesInOutput }]) => bytesInOutput > 0,
  );
  const paths = inputs.map(([path]) => path);
  const stray = paths.filter((path) => strays.test(path));
  if (stray.length > 0) throw new Error(`The action would hold ${stray.join(', ')}`);
  const text = outputFiles[0].text;
  if (Buffer.byteLength(text) > bytesMax)
    throw new Error(`The action has ${Buffer.byteLength(text)} bytes, above ${bytesMax}`);
  return new Map([
    ['index.js', text],
    ['LICENSES.txt', licences(root, paths, 'index.js holds')],
  ]);
}

function write() {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of made) writeFileSync(join(folder, name), text);
  process.stdout.write(`dist-action/index.js: ${Buffer.byteLength(made.get('index.js'))} bytes\n`);
  return 0;
}

function check() {
  const stale = [...made].filter(([name, text]) => {
    const file = join(folder, name);
    return !existsSync(file) || readFileSync(file, 'utf8') !== text;
  });
  if (stale.length === 0) return 0;
  process.stderr.write(
    `dist-action is not what src/ gives: ${stale.map(([name]) => name).join(', ')}. Run "npm run generate".\n`,
  );
  return 1;
}
