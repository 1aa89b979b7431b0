/**
 * Writes what is made from schemas and code for readers and editors: `docs/reference/` and `schemas/editor/`. `--check`
 * exits 1 when a file is stale, missing, or left over.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { schemaText } from '../src/manifest/editor-schema.ts';
import { kinds } from '../src/manifest/resource.ts';
import { gatePage } from './gate-page.ts';
import { importPages } from './import-pages.ts';
import { planPage } from './plan-page.ts';
import { referencePages } from './reference-page.ts';

const root = new URL('..', import.meta.url);
const folders = ['docs/reference/', 'schemas/editor/'];
const outputs = new Map<string, string>([
  ...[...referencePages(), ...importPages()].map(({ file, text }) => [`docs/reference/${file}`, text] as const),
  ['docs/reference/plan-json.md', planPage()],
  ['docs/reference/gate.md', await gatePage()],
  ['schemas/editor/pawl.schema.json', schemaText(undefined, '07')],
  ['schemas/editor/pawl.2020-12.schema.json', schemaText(undefined, '2020-12')],
  ...kinds.map((kind) => [`schemas/editor/${fileName(kind)}.schema.json`, schemaText(kind, '07')] as const),
]);
const present = folders.flatMap((folder) => filesOf(folder).map((file) => `${folder}${file}`));
const leftOver = present.filter((file) => !outputs.has(file));
const stale = [...outputs].filter(([file, text]) => !present.includes(file) || readText(file) !== text);
if (process.argv.includes('--check')) check();
else write();

function check(): void {
  for (const [file] of stale) process.stderr.write(`${file} is stale. Run npm run generate.\n`);
  for (const file of leftOver) process.stderr.write(`${file} is made from nothing. Run npm run generate.\n`);
  process.exitCode = stale.length + leftOver.length === 0 ? 0 : 1;
}

function write(): void {
  for (const folder of folders) mkdirSync(new URL(folder, root), { recursive: true });
  for (const [file, text] of stale) writeFileSync(new URL(file, root), text);
  for (const file of leftOver) rmSync(new URL(file, root));
}

function filesOf(folder: string): string[] {
  mkdirSync(new URL(folder, root), { recursive: true });
  return readdirSync(new URL(folder, root));
}

function readText(file: string): string {
  return readFileSync(new URL(file, root), 'utf8');
}

function fileName(kind: string): string {
  return kind.replaceAll(/(?<!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
}
