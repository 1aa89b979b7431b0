import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { templates } from '../../src/cli/scaffold.ts';
import { say } from '../cli/fixture.ts';
import { createRepository } from '../support/git.ts';
import { giveDatabase, typist } from './example.ts';

const cases = [
  { template: 'minimal', run: ['hello', '-i', 'name=Ada'], output: { greet: 'Hello, and welcome to pawl!' } },
  {
    template: 'triage',
    run: ['triage', '-i', 'message=How do I reset my password?'],
    output: { category: 'technical', answer: expect.stringContaining('Forgot password') },
  },
  {
    template: 'triage',
    run: ['triage', '-i', 'message=Where is my invoice?'],
    output: { category: 'billing', answer: expect.stringContaining('invoice') },
  },
  {
    template: 'review-loop',
    run: ['article', '-i', 'topic=Why plans are reviewed'],
    output: { text: expect.stringContaining('before anybody allows it') },
  },
] as const;

describe('a repository that init has written', () => {
  test.each(cases)(
    'from $template is sound, formatted, planned, applied, and runs as $run',
    async ({ template, run, output }) => {
      const repository = await createRepository();
      onTestFinished(() => repository.remove());
      expect(await say(['init', '--template', template], { cwd: repository.path })).toMatchObject({ exit: 0 });
      await repository.commit({});
      await giveDatabase(repository);
      const pawl = typist(repository.path);
      expect(await pawl('validate', '--strict')).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^Valid\. /) });
      expect(await pawl('fmt', '--check')).toMatchObject({ exit: 0, stdout: '' });
      expect(await pawl('plan', '--detailed-exitcode')).toMatchObject({ exit: 2 });
      expect(await pawl('apply', '--auto-approve', '--ack', 'bootstrap')).toMatchObject({ exit: 0 });
      const ran = await pawl('run', ...run, '--exit-status', '-o', 'json');
      expect(ran.exit).toBe(0);
      expect(JSON.parse(ran.stdout)).toMatchObject({ run: { state: 'Succeeded', output } });
      expect((await pawl('trace', 'latest')).stdout).toMatch(/calls? {2}0 denied/);
    },
  );

  test('says the command that runs it', () => {
    for (const { template, run } of cases) expect(templates[template].run.split(' ')[0]).toBe(run[0]);
  });

  test('in a folder of a repository has pawl.yaml at its root, and is planned', async () => {
    const repository = await createRepository();
    onTestFinished(() => repository.remove());
    await repository.commit({ 'README.md': 'Ours.\n' });
    const said = await say(['init', 'ai/agents here'], { cwd: repository.path });
    expect([said.exit, said.stderr]).toEqual([0, expect.stringContaining('Paths are from the root of the repository')]);
    expect(said.stdout).toContain('wrote  pawl.yaml\n');
    expect(said.stdout).toContain('wrote  ai/agents here/systems/hello.yaml\n');
    expect(await readFile(join(repository.path, 'README.md'), 'utf8')).toBe('Ours.\n');
    await repository.commit({});
    await giveDatabase(repository);
    const pawl = typist(repository.path);
    expect(await pawl('validate', '--strict')).toMatchObject({ exit: 0, stderr: '' });
    expect(await pawl('plan', '--detailed-exitcode')).toMatchObject({ exit: 2 });
  });

  test('beside a pawl.yaml that is there says which paths it needs', async () => {
    const repository = await createRepository();
    onTestFinished(() => repository.remove());
    await repository.commit({ 'pawl.yaml': 'mine\n', '.gitignore': 'mine\n' });
    const said = await say(['init', 'ai'], { cwd: repository.path });
    expect(said.stdout).toContain('kept   pawl.yaml\n');
    expect(said.stderr).toContain('must have these paths: ai/agents, ai/models, ai/policies, ai/systems');
    expect(said.stderr).toContain('Add .pawl/ to .gitignore');
    expect(await readFile(join(repository.path, 'pawl.yaml'), 'utf8')).toBe('mine\n');
  });

  test('below a pawl.yaml that is not at the root is told so by validate', async () => {
    const repository = await createRepository();
    onTestFinished(() => repository.remove());
    const folder = await mkdtemp(join(tmpdir(), 'pawl-init-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await say(['init'], { cwd: folder });
    await mkdir(join(repository.path, 'below'));
    await writeFile(join(repository.path, 'below/pawl.yaml'), await readFile(join(folder, 'pawl.yaml')));
    const said = await say(['validate'], { cwd: join(repository.path, 'below') });
    expect(said.stderr).toContain('pawl.yaml must lie at the root of the repository');
  });
});

test.each(Object.keys(templates))('%s: each manifest names the schema that lies beside it', async (template) => {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-init-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const { stdout } = await say(['init', '--template', template], { cwd: folder });
  const written = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^wrote {2}/, ''));
  const manifests = written.filter((path) => /^(?!\.).*\.yaml$/.test(path) && !path.endsWith('.script.yaml'));
  expect(manifests.length).toBeGreaterThan(4);
  for (const path of manifests) {
    const [, schema = ''] =
      /^# yaml-language-server: \$schema=(\S+)\n/.exec(await readFile(join(folder, path), 'utf8')) ?? [];
    expect(relative(folder, join(folder, dirname(path), schema))).toBe('.schemas/pawl.schema.json');
  }
  expect(JSON.parse(await readFile(join(folder, '.schemas/pawl.schema.json'), 'utf8'))).toMatchObject({
    title: 'pawl',
  });
});
