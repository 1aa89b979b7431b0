import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the packages that `paths` are of ask of whoever hands them on. */
export function licences(root, paths, holds) {
  const folders = new Set(paths.flatMap((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []));
  const texts = [...folders]
    .sort((a, b) => (a < b ? -1 : 1))
    .map((path) => {
      const { name, version, license } = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8'));
      const file = readdirSync(join(root, path)).find((entry) => /^licen[cs]e/i.test(entry));
      const text =
        file === undefined ? 'Its package holds no text of it.' : readFileSync(join(root, path, file), 'utf8');
      return `${name} ${version} (${license})\n\n${text.replaceAll('\r\n', '\n').trim()}\n`;
    });
  return `What ${holds} of others, and under which licences.\n\n${texts.join(`\n${'-'.repeat(78)}\n\n`)}`;
}
