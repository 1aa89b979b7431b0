import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { build } from 'esbuild';
import { licences } from './licences.js';

/**
 * Joins what is loaded together: finding, reading and linking hundreds of modules took a short command longer than its
 * work. What is imported only when it is needed stays in files of its own.
 */
export async function bundle({ root, target, bundled }) {
  const { metafile } = await build({
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
    logLevel: 'warning',
    // Packages that are still CommonJS ask for Node's own parts by `require`.
    banner: {
      js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
    },
    plugins: [packages, placesIn(target)],
  });
  const paths = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs));
  writeFileSync(join(bundled, 'LICENSES.txt'), licences(root, paths, 'these files hold'));
}

/** Small packages that a short command loads whole. The others stay where they were installed. */
const taken = new Set(['@marcbachmann/cel-js', 'canonicalize', 'commander', 'croner', 'picocolors', 're2js', 'yaml']);

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
