import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createRepository } from '../support/git.ts';
import { runProcess } from '../support/processes.ts';
import { say } from './fixture.ts';

const commands = [
  'plan',
  'apply',
  'drift',
  'status',
  'history',
  'get',
  'run',
  'trace',
  'up',
  'controller',
  'worker',
  'doctor',
  'migrate',
];

test.each(commands)('%s takes no secret on its command line, where every process could read it', async (command) => {
  const help = await say([command, '--help']);
  expect(help.exit).toBe(0);
  expect(help.stdout).not.toMatch(/--\S*(?:token|password|secret|api-?key|database-?url)/i);
  const said = await say([command, '--token=canary-7f3a']);
  expect(said.exit).toBe(64);
  expect(said.stdout + said.stderr).not.toContain('7f3a');
});

test('a program that pawl starts gets none of its secrets, neither as a word nor in its environment', async () => {
  const [repository, folder] = [await createRepository(), await mkdtemp(join(tmpdir(), 'pawl-bin-'))];
  onTestFinished(async () => {
    await repository.remove();
    await rm(folder, { recursive: true, force: true });
  });
  await repository.commit({
    'pawl.yaml': 'apiVersion: pawl/v1\nenvironments: [{ name: one, branch: main, paths: [a] }]\n',
  });
  await mkdir(join(folder, 'bin'));
  // Writes down what a process list and /proc would show, and then does what git does.
  const real = process.env['PATH'] ?? '';
  const script = `#!/bin/sh\n{ echo "$@"; env; } >> ${folder}/seen\nPATH=${JSON.stringify(real)} exec git "$@"\n`;
  await writeFile(join(folder, 'bin', 'git'), script);
  await chmod(join(folder, 'bin', 'git'), 0o755);
  const secrets = {
    PAWL_SECRET_TOOL: 'canary-1-7f3a',
    PAWL_GIT_TOKEN: 'canary-2-7f3a',
    DATABASE_URL: undefined,
  };
  const env = { ...secrets, PATH: `${join(folder, 'bin')}:${real}` };
  const ran = { entry: 'src/main.ts', args: ['plan'], cwd: repository.path, env };
  // It makes an embedded database, which takes its time where every core is busy.
  const planned = await runProcess({ ...ran, timeoutMs: 90_000 });
  const seen = await readFile(join(folder, 'seen'), 'utf8');
  expect(seen).toContain('PATH=');
  expect(seen).toContain('cat-file');
  for (const text of [seen, planned.stdout, planned.stderr]) expect(text).not.toContain('7f3a');
}, 120_000);
