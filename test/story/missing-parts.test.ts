import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Said } from '../cli/fixture.ts';
import type { TestRepository } from '../support/git.ts';
import { exampleRepository, giveDatabase, typist } from './example.ts';

const rule = `apiVersion: pawl/v1
kind: AlertRule
metadata: { name: takeovers, namespace: support }
spec: { metric: leaseTakeovers, op: gt, threshold: 1 }
`;

const agent = `apiVersion: pawl/v1
kind: Agent
metadata: { name: keeper, namespace: support }
spec:
  modelRef: scripted
  prompt: Keep notes.
  observability: { sampling: 0.5 }
`;

describe('manifests that are right and need what this build lacks', () => {
  let repository: TestRepository;
  let pawl: (...words: readonly string[]) => Promise<Said>;

  beforeAll(async () => {
    repository = await exampleRepository();
    await giveDatabase(repository);
    pawl = typist(repository.path);
    await mkdir(join(repository.path, 'agents'), { recursive: true });
    await writeFile(join(repository.path, 'agents/takeovers.yaml'), rule);
    await writeFile(join(repository.path, 'agents/keeper.yaml'), agent);
    await repository.commit({});
  });
  afterAll(() => repository.remove());

  test('validate passes, with a warning at each place and the parts by name', async () => {
    const said = await pawl('validate');
    expect(said.exit).toBe(0);
    expect(said.stdout).toContain(
      'warning manifest.unsupported: `spec.metric: leaseTakeovers` is not supported by this build',
    );
    expect(said.stdout).toContain('agents/takeovers.yaml:4:17');
    expect(said.stdout).toContain(
      '`spec.observability` is not supported by this build, which lacks observability settings.',
    );
    expect(said.stdout).toContain('agents/keeper.yaml:7:3');
    expect(said.stdout).toContain('This build cannot apply it: it lacks metrics of leases, observability settings.');
  });

  test('plan exits 3, shows no plan, and says what is lacked', async () => {
    const said = await pawl('plan');
    expect([said.exit, said.stdout]).toEqual([3, '']);
    expect(said.stderr).toContain('agents/keeper.yaml:7:3');
    expect(said.stderr).toContain(
      'Nothing can be planned by this build, which lacks: metrics of leases, observability settings.',
    );
  });

  test('plan as JSON is errored, and each diagnostic says that it blocks', async () => {
    const said = await pawl('plan', '-o', 'json');
    expect(said.exit).toBe(3);
    const plan = JSON.parse(said.stdout) as { errored: boolean; diagnostics: Record<string, unknown>[] };
    expect(plan.errored).toBe(true);
    const blocking = plan.diagnostics.filter(({ blocks }) => blocks === 'apply');
    expect(blocking.map(({ code, severity, lacks, file }) => [code, severity, lacks, file])).toEqual([
      ['manifest.unsupported', 'warning', 'observability settings', 'agents/keeper.yaml'],
      ['manifest.unsupported', 'warning', 'metrics of leases', 'agents/takeovers.yaml'],
    ]);
  });

  test('apply exits 3 and writes nothing; the status says why', async () => {
    const said = await pawl('apply', '--auto-approve');
    expect(said.exit).toBe(3);
    expect(said.stderr).toContain('which lacks: metrics of leases, observability settings');
    const status = await pawl('status');
    expect(status.stdout).toContain(
      'the head of main needs what this build lacks: metrics of leases, observability settings',
    );
    expect(JSON.parse((await pawl('history', '-o', 'json')).stdout)).toMatchObject({ revisions: [] });
  });
});
