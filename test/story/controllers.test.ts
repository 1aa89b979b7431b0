import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createDatabase } from '../support/postgres.ts';
import { startProcess } from '../support/processes.ts';
import { edit, exampleRepository, typist } from './example.ts';

test('two controller processes make one revision of each commit, and a killed one is not missed', async () => {
  const [repository, made] = [await exampleRepository(), await createDatabase()];
  const environment = { DATABASE_URL: made.url };
  const start = () =>
    startProcess({
      entry: 'src/main.ts',
      args: ['controller'],
      cwd: repository.path,
      env: { ...environment, PAWL_POLL_MS: '500' },
    });
  const controllers = [start(), start()] as const;
  const pawl = typist(repository.path, environment);

  async function revisions(wanted: number): Promise<readonly { revision: number; summary: object }[]> {
    for (let round = 0; round < 200; round += 1) {
      const said = await pawl('history', '-o', 'json');
      const found =
        said.exit === 0
          ? (JSON.parse(said.stdout) as { revisions: { revision: number; summary: object }[] }).revisions
          : [];
      if (found.length >= wanted) return found;
      await delay(100);
    }
    throw new Error(`revision ${wanted} did not come: ${controllers.map((one) => one.stderr).join('\n')}`);
  }

  try {
    for (const controller of controllers) await controller.waitFor(/The controller watches the repository/, 30_000);
    expect(await pawl('apply', '--auto-approve', '--ack', 'bootstrap')).toMatchObject({ exit: 0 });
    await revisions(1);
    await edit(repository, 'policies/spending.yaml', { from: 'limit: 20000', to: 'limit: 15000' });
    await revisions(2);
    await controllers[0].kill('SIGKILL');
    await edit(repository, 'policies/spending.yaml', { from: 'limit: 15000', to: 'limit: 12000' });
    const found = await revisions(3);
    expect(found.map(({ revision }) => revision)).toEqual([3, 2, 1]);
    expect(found[0]?.summary).toMatchObject({ add: 0, change: 1, remove: 0 });
    expect(await controllers[1].kill('SIGTERM')).toEqual({ code: 0, signal: null });
  } finally {
    for (const controller of controllers) await controller.kill();
    await made.drop();
    await repository.remove();
  }
});
