import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { type Said, say } from '../cli/fixture.ts';
import type { TestRepository } from '../support/git.ts';
import { edit, exampleRepository, giveDatabase, typist } from './example.ts';

interface SavedPlan {
  readonly plan_digest: string;
  readonly risks: readonly { readonly id: string; readonly gate: string }[];
}

describe('acknowledging on the command line', { timeout: 120_000 }, () => {
  let repository: TestRepository;
  let pawl: (...words: readonly string[]) => Promise<Said>;

  beforeAll(async () => {
    repository = await exampleRepository();
    await giveDatabase(repository);
    pawl = typist(repository.path);
  });
  afterAll(() => repository.remove());

  async function saved(): Promise<SavedPlan & { readonly ids: readonly string[] }> {
    await pawl('plan', '--out', '.pawl/plan.json');
    const plan = JSON.parse(await readFile(join(repository.path, '.pawl/plan.json'), 'utf8')) as SavedPlan;
    return { ...plan, ids: plan.risks.filter(({ gate }) => gate === 'ack').map(({ id }) => id) };
  }

  test('nobody goes past a risk: not without a terminal, and not with --auto-approve', async () => {
    for (const words of [['apply'], ['apply', '--auto-approve']]) {
      const said = await pawl(...words);
      expect([said.exit, said.stderr]).toEqual([3, expect.stringContaining('error plan.unacknowledged')]);
      expect(said.stderr).toContain('--ack bootstrap');
    }
    expect(JSON.parse((await pawl('history', '-o', 'json')).stdout)).toMatchObject({ revisions: [] });
  });

  test('of another plan than the one that was looked at, nothing is recorded', async () => {
    const said = await pawl('ack', 'bootstrap', '--plan', '0123456789abcdef');
    expect([said.exit, said.stderr]).toEqual([6, expect.stringContaining('Nothing was acknowledged.')]);
    expect((await pawl('ack', 'bootstrap', '--plan', 'not a digest')).exit).toBe(64);
  });

  test('whoever acknowledges is told that nobody else is asked, where no groups are defined', async () => {
    const { plan_digest: digest } = await saved();
    const said = await pawl('ack', 'bootstrap', '--plan', digest, '--reason', 'We begin');
    expect(said).toMatchObject({ exit: 0, stdout: expect.stringContaining('Acknowledged bootstrap of plan') });
    expect(said.stderr).toContain('defines no groups: whoever applies also acknowledges, alone.');
    expect(await pawl('apply', '--auto-approve')).toMatchObject({ exit: 0 });
  });

  test('what is typed wrong is said with what was meant', async () => {
    await edit(repository, 'policies/spending.yaml', { from: 'maxSteps: 6', to: 'maxSteps: 8' });
    const { plan_digest: digest, ids } = await saved();
    expect(ids).toEqual([expect.stringMatching(/^R4-[0-9a-f]{4,}$/)]);
    const said = await pawl('ack', `${ids[0]?.slice(0, -1)}x`, '--plan', digest);
    expect([said.exit, said.stderr]).toEqual([64, expect.stringContaining(`Did you mean \`${ids[0]}\`?`)]);
  });

  test('on a terminal each id has to be typed, and yes is no id', async () => {
    const { ids } = await saved();
    const typed = (...lines: readonly string[]) => {
      const stdin = Object.assign(new PassThrough(), { isTTY: true });
      // Each question reads by itself, so that the next line comes when the one before was taken.
      void (async () => {
        for (const line of lines) {
          await new Promise((resolve) => stdin.once('resume', resolve));
          stdin.write(`${line}\n`);
        }
      })();
      const settings = {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        PAWL_LOG_LEVEL: 'warn',
        PAWL_ACTOR: 'ann',
      };
      return say(['apply'], { cwd: repository.path, app: createApp(repository.path, settings), stdin });
    };
    const declined = await typed('yes');
    expect([declined.exit, declined.stderr]).toEqual([1, expect.stringContaining(`${ids[0]} was not acknowledged`)]);
    const applied = await typed(ids[0] ?? '', 'yes');
    expect([applied.exit, applied.stdout]).toEqual([0, expect.stringContaining('production is now at revision 2')]);
  });

  test('whoever acknowledges one of two risks is told in words what the other waits for', async () => {
    await edit(repository, 'policies/spending.yaml', { from: 'maxSteps: 8', to: 'maxSteps: 9' });
    await edit(repository, 'policies/spending.yaml', { from: '"0.004"', to: '"0.005"' });
    const { plan_digest: digest, ids } = await saved();
    expect(ids).toHaveLength(2);
    const said = await pawl('ack', ids[0] ?? '', '--plan', digest);
    expect(said).toMatchObject({ exit: 0, stdout: expect.stringContaining('It still waits for:') });
    expect(said.stdout).toMatch(new RegExp(`^  ${ids[1]}  .*\\(to be acknowledged by anybody; 1 is missing\\)$`, 'm'));
  });
});
