import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runProcess } from '../support/processes.ts';

interface Violation {
  readonly rule: string;
  readonly from: string;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const config: { readonly forbidden: readonly { readonly name: string; readonly comment: string }[] } = createRequire(
  import.meta.url,
)('../../.dependency-cruiser.cjs');

/**
 * By rule, the files that break it. The first one is the culprit: the rule must name it. A rule without an entry fails
 * the test below, and so does an entry that its rule does not catch.
 */
const breakers: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'no-circular': {
    'src/broken/chicken.ts': `export { egg } from './egg.ts';\nexport const chicken = 1;\n`,
    'src/broken/egg.ts': `export { chicken } from './chicken.ts';\nexport const egg = 1;\n`,
  },
  'no-orphans': { 'src/broken/orphan.ts': 'export const orphan = 1;\n' },
  'no-utils': {
    'src/broken/uses-utils.ts': `export { lost } from './utils.ts';\n`,
    'src/broken/utils.ts': 'export const lost = 1;\n',
  },
  'no-unresolvable': { 'src/broken/nowhere.ts': `export { nothing } from './nothing.ts';\n` },
  'no-development-packages': { 'src/broken/development.ts': `export { describe } from 'vitest';\n` },
  'pure-without-node': { 'src/plan/broken-node.ts': `export { readFileSync } from 'node:fs';\n` },
  'pure-packages': { 'src/policy/broken-package.ts': `export { request } from 'undici';\n` },
  'pure-imports-pure': { 'src/manifest/broken-impure.ts': `export { packageVersion } from '../version.ts';\n` },
  'control-without-data': {
    'src/apply/broken-data.ts': `export { executed } from '../run/broken-executed.ts';\n`,
    'src/run/broken-executed.ts': 'export const executed = 1;\n',
  },
  'data-without-control': {
    'src/run/broken-control.ts': `export { applied } from '../apply/broken-applied.ts';\n`,
    'src/apply/broken-applied.ts': 'export const applied = 1;\n',
  },
  'one-door': {
    'src/run/broken-call.ts': `export * from '../tools/call.ts';\n`,
    'src/run/broken-guard.ts': `export * from '../guards/call.ts';\n`,
  },
  'no-way-round-the-door': {
    'src/run/broken-http.ts': `export { reach } from '../tools/broken-reach.ts';\n`,
    'src/tools/broken-reach.ts': 'export const reach = 1;\n',
  },
  'sql-only-in-store': { 'src/run/broken-sql.ts': `export { sql } from 'kysely';\n` },
  'git-only-in-source': { 'src/apply/broken-git.ts': `export { default as git } from 'isomorphic-git';\n` },
  'processes-only-where-bounded': { 'src/apply/broken-spawn.ts': `export { spawn } from 'node:child_process';\n` },
  'octokit-only-in-github': { 'src/apply/broken-octokit.ts': `export { Octokit } from '@octokit/rest';\n` },
  'mcp-only-in-tools': {
    'src/run/broken-mcp.ts': `export { Client } from '@modelcontextprotocol/sdk/client/index.js';\n`,
  },
  'providers-only-in-models': {
    'src/run/broken-provider.ts': `export { createOpenAICompatible } from '@ai-sdk/openai-compatible';\n`,
  },
  'doors-imported-by-nobody': {
    'src/apply/broken-door.ts': `export { door } from '../cli/broken-command.ts';\n`,
    'src/cli/broken-command.ts': 'export const door = 1;\n',
  },
  'action-by-git-alone': { 'src/action/broken-client.ts': `export * from '../api/client.ts';\n` },
  'main-imported-by-nobody': { 'src/broken/main-again.ts': `import '../main.ts';\n` },
  'only-app-wires': { 'src/cli/broken-app.ts': `export * from '../app.ts';\n` },
};

let copy = '';
let violations: readonly Violation[] = [];

// All breakers stand in one copy: a rule is judged by the file that it names, and cruising once is twenty times cheaper.
beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'pawl-rules-'));
  for (const name of ['src', 'package.json', 'tsconfig.json', '.dependency-cruiser.cjs']) {
    await cp(join(root, name), join(copy, name), { recursive: true });
  }
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
  for (const [name, text] of Object.values(breakers).flatMap((files) => Object.entries(files))) {
    await mkdir(dirname(join(copy, name)), { recursive: true });
    await writeFile(join(copy, name), text);
  }
  const { stdout } = await runProcess({
    entry: 'tooling/check-imports.js',
    args: ['--json', copy],
    timeoutMs: 110_000,
  });
  violations = JSON.parse(stdout);
});

afterAll(async () => {
  await rm(copy, { recursive: true, force: true });
});

test('every import rule gives its reason and has a breaker', () => {
  expect(config.forbidden.filter((rule) => rule.comment.length < 30).map((rule) => rule.name)).toEqual([]);
  expect(Object.keys(breakers).sort()).toEqual(config.forbidden.map((rule) => rule.name).sort());
});

test.each(config.forbidden.map((rule) => rule.name))('the import rule %s bites', (rule) => {
  const culprit = Object.keys(breakers[rule] ?? {})[0];
  expect(violations.filter((violation) => violation.rule === rule).map(({ from }) => from)).toContain(culprit);
});

test('the check fails when the files were not understood', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-rules-'));
  await cp(join(root, '.dependency-cruiser.cjs'), join(folder, '.dependency-cruiser.cjs'));
  await writeFile(join(folder, 'tsconfig.json'), '{}');
  await mkdir(join(folder, 'src'));
  for (const name of ['a', 'b']) await writeFile(join(folder, 'src', `${name}.ts`), `export const ${name} = 1;\n`);
  const checked = await runProcess({ entry: 'tooling/check-imports.js', args: [folder] });
  await rm(folder, { recursive: true });
  expect(checked.stderr).toContain('Only 2 of 2 files and 0 imports were understood.');
  expect(checked.code).toBe(1);
});
