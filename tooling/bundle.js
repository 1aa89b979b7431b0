import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { build } from 'esbuild';
import { licences } from './licences.js';

/**
 * Joins what is loaded together: finding, reading and linking hundreds of modules took a short command longer than its
 * work. What is imported only when it is needed stays in files of its own.
 */
export async function bundle({ root, target, bundled }) {
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [join(target, 'main.js')],
    outdir: bundled,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    charset: 'utf8',
    // Names stay: a stack is to be read.
    minifyWhitespace: true,
    minifySyntax: true,
    sourcemap: true,
    sourcesContent: false,
    metafile: true,
    write: false,
    logLevel: 'warning',
    // Packages that are still CommonJS ask for Node's own parts by `require`.
    banner: {
      js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
    },
    plugins: [packages, placesIn(target)],
  });
  place(bundled, outputFiles);
  const paths = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs));
  writeFileSync(join(bundled, 'LICENSES.txt'), licences(root, paths, 'these files hold'));
}

const dayMs = 24 * 60 * 60_000;

/**
 * Beside what earlier builds made: processes that run are still to load parts of those, and one that starts meanwhile
 * finds an entry whose parts are all there. What no build has named for a day goes.
 */
function place(folder, files) {
  mkdirSync(folder, { recursive: true });
  const builtAt = Date.now();
  const entry = join(folder, 'main.js');
  const replacedAt = statSync(entry, { throwIfNoEntry: false })?.mtimeMs ?? builtAt;
  const earlier = readdirSync(folder).filter((name) => /\.js(\.map)?$/.test(name));
  const last = (path) => Number(path === entry);
  for (const { path, contents } of [...files].sort((a, b) => last(a.path) - last(b.path))) {
    writeFileSync(`${path}.new`, contents);
    utimesSync(`${path}.new`, builtAt / 1_000, builtAt / 1_000);
    renameSync(`${path}.new`, path);
  }
  const named = new Set(files.map(({ path }) => path));
  for (const path of earlier.map((name) => join(folder, name)).filter((one) => !named.has(one))) {
    const { mtimeMs } = statSync(path);
    // The build before this one named it: its day begins now.
    if (mtimeMs >= replacedAt - 1) utimesSync(path, builtAt / 1_000, builtAt / 1_000);
    else if (mtimeMs < builtAt - dayMs) rmSync(path);
  }
}

/** Small packages that a short command loads whole. The others stay where they were installed. */
const taken = new Set(['@marcbachmann/cel-js', 'commander', 'croner', 'picocolors', 're2js', 'yaml']);

const packages = {
  name: 'packages',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path, kind, resolveDir }) => {
      if (kind === 'entry-point' || isAbsolute(path)) return undefined;
      const [name = ''] = /^(?:@[^/]+\/)?[^/]+/.exec(path) ?? [];
      if (!taken.has(name)) return { external: true };
      if (path !== 'yaml') return undefined;
      // Its build for Node asks for two variables of the environment at every token, a quarter of the time of parsing;
      // the one for browsers is the same code without that.
      const node = createRequire(join(resolveDir, 'any.js')).resolve('yaml');
      return { path: join(dirname(node), '../browser/index.js') };
    });
  },
};

/** What a module finds beside itself is found beside the file that tsc made of it. */
function placesIn(target) {
  return {
    name: 'places',
    setup({ onLoad }) {
      onLoad({ filter: /\.js$/ }, ({ path }) => {
        if (!path.startsWith(target + sep)) return undefined;
        const own = JSON.stringify(`../${relative(target, path)}`);
        const text = readFileSync(path, 'utf8');
        return { contents: text.replaceAll('import.meta.url', `new URL(${own}, import.meta.url).href`), loader: 'js' };
      });
    },
  };
}
