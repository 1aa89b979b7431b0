import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { assertActionReference } from '../../src/cli/action-reference.ts';
import { scaffold, templates, workflowPath } from '../../src/cli/scaffold.ts';
import { say } from './fixture.ts';

const commit = '4f2c9e1a0b3d5e7f9a1b2c3d4e5f60718293a4b5';

test('the scaffolded workflow names the action that is given, and says nothing of a placeholder', () => {
  const workflow = scaffold(templates.minimal, '', `acme/pawl@${commit}`)[workflowPath] ?? '';
  expect(workflow).toMatch(new RegExp(`^      - uses: acme/pawl@${commit}\n$`, 'm'));
  expect(workflow).not.toMatch(/Replace|OWNER/);
  expect(scaffold(templates.minimal, '')[workflowPath]).toMatch(/# Replace this .*\n {6}- uses: OWNER\/pawl@0{40}\n$/);
});

test.each([
  'acme/pawl',
  'pawl@v1',
  `./here@${commit}`,
  'a/b@v1\n      - run: evil',
  'a/b@v1 # x',
  'a/${{ x }}@v1',
  '-a/b@v1',
])('what is no repository with a commit is refused: %j', (text) => {
  expect(() => assertActionReference(text)).toThrow(expect.objectContaining({ code: 'cli.usage', exit: 64 }));
});

test.each([
  ['nothing', undefined, 'Before the first pull request, replace OWNER/pawl@000'],
  ['a tag', 'acme/pawl@v1', 'is a name that can be moved'],
])('after %s, the next steps say what to do about it', async (_what, action, said) => {
  const cwd = await mkdtemp(join(tmpdir(), 'pawl-init-'));
  onTestFinished(() => rm(cwd, { recursive: true, force: true }));
  const words = ['init', ...(action === undefined ? [] : ['--action', action])];
  expect((await say(words, { cwd })).stderr).toContain(said);
  expect(await readFile(join(cwd, workflowPath), 'utf8')).toContain(action ?? 'OWNER/pawl@');
});
