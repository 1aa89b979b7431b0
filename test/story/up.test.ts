import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { send } from '../api/fixture.ts';
import type { Said } from '../cli/fixture.ts';
import type { TestRepository } from '../support/git.ts';
import { startProcess } from '../support/processes.ts';
import type { TestProcess } from '../support/processes.ts';
import { edit, exampleRepository, ticket, typist } from './example.ts';

describe('pawl up', () => {
  let repository: TestRepository;
  let pawl: (...words: readonly string[]) => Promise<Said>;
  let up: TestProcess;
  let address: string;

  beforeAll(async () => {
    repository = await exampleRepository();
    pawl = typist(repository.path);
    // Polling is out of the way: what moves in these tests moves because the commit was seen.
    up = startProcess({
      entry: 'src/main.ts',
      args: ['up'],
      cwd: repository.path,
      env: { PAWL_POLL_MS: '600000', DATABASE_URL: undefined },
    });
    address = (await up.waitFor(/pawl is up at (http:\/\/127\.0\.0\.1:\d+)/, 60_000))[1] ?? '';
  });
  afterAll(async () => {
    await up.kill();
    await repository.remove();
  });

  async function revision(wanted: number): Promise<void> {
    for (let round = 0; round < 200; round += 1) {
      const { stdout } = await pawl('status', '-o', 'json');
      const { environments } = JSON.parse(stdout) as { environments: { revision: number }[] };
      if (environments[0]?.revision === wanted) return;
      await delay(100);
    }
    throw new Error(`revision ${wanted} did not come; the log: ${up.stderr}`);
  }

  test('waits for the first apply to be acknowledged, and commands find it although it holds the database', async () => {
    expect(await pawl('apply', '--auto-approve', '--ack', 'bootstrap')).toMatchObject({ exit: 0 });
    await revision(1);
    expect((await pawl('get', 'workers')).stdout).toMatch(/yes +default +0\/16/);
  });

  test('keeps others out of its folder, in which PGlite makes files for everybody', async () => {
    const modes = await Promise.all(
      ['.pawl', '.pawl/db', '.pawl/db.lock', '.pawl/token', '.pawl/server.json'].map(
        async (path) => (await stat(join(repository.path, path))).mode & 0o077,
      ),
    );
    expect(modes).toEqual([0, 0, 0, 0, 0]);
  });

  test('runs what is submitted to it', async () => {
    const said = await pawl('run', 'support-triage', '-i', ticket, '--watch', '--exit-status');
    expect([said.exit, said.stdout]).toEqual([0, expect.stringContaining('Succeeded')]);
    expect(said.stderr).toContain('tool support/issue-refund denied (policy.denied)');
  });

  test('says of a run that there is not what the database says of it', async () => {
    const said = await pawl('trace', 'nope');
    expect([said.exit, said.stderr]).toEqual([1, expect.stringContaining('run.unknown')]);
  });

  test('is in order for doctor, which leaves its database alone', async () => {
    const said = await pawl('doctor');
    expect([said.exit, said.stdout]).toEqual([
      0,
      expect.stringMatching(/ok +database +embedded.* held by process \d+/),
    ]);
  });

  test('sees a commit at once', async () => {
    await edit(repository, 'policies/spending.yaml', { from: 'limit: 20000', to: 'limit: 15000' });
    await revision(2);
  });

  test('a commit with mistakes leaves live as it was, and status says why', async () => {
    await edit(repository, 'agents/draft.yaml', { from: 'modelRef: scripted', to: 'modelRef: nobody' });
    for (let round = 0; ; round += 1) {
      const { stdout } = await pawl('status', '-o', 'json');
      const [status] = (
        JSON.parse(stdout) as { environments: { revision: number; lastAttempt?: { outcome: string; code: string } }[] }
      ).environments;
      if (status?.lastAttempt?.outcome === 'refused') {
        expect(status).toMatchObject({ revision: 2, sync: 'OutOfSync', lastAttempt: { code: 'plan.invalid' } });
        break;
      }
      expect(round).toBeLessThan(200);
      await delay(100);
    }
    await repository.git('revert', '--no-edit', 'HEAD');
  });

  test('an error comes through the API with its code and its exit code', async () => {
    const said = await pawl('run', 'support-triage', '-i', 'nonsense=1');
    expect([said.exit, said.stderr]).toEqual([64, expect.stringContaining('run.input_invalid')]);
  });

  test('the API is closed to whoever lacks the token', async () => {
    expect((await send(address, '/v1/status')).status).toBe(401);
    expect((await send(address, '/healthz')).status).toBe(200);
  });

  test('a second one is refused', async () => {
    const said = await pawl('up');
    expect([said.exit, said.stderr]).toEqual([6, expect.stringContaining('cli.already_up')]);
  });

  test('SIGTERM ends it gracefully, and the next command opens the database itself', async () => {
    expect(await up.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(existsSync(join(repository.path, '.pawl', 'server.json'))).toBe(false);
    expect(existsSync(join(repository.path, '.pawl', 'token'))).toBe(false);
    const said = await pawl('history', '-o', 'json');
    expect(said.exit).toBe(0);
  });
});
