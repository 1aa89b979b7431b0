import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { say } from '../cli/fixture.ts';
import type { Said } from '../cli/fixture.ts';
import type { TestRepository } from '../support/git.ts';
import { edit, exampleRepository, giveDatabase, ticket, typist } from './example.ts';

// What somebody types who is called at night, on the example repository and the embedded database.
describe('on call', { timeout: 120_000 }, () => {
  let repository: TestRepository;
  let pawl: (...words: readonly string[]) => Promise<Said>;
  let run = '';

  beforeAll(async () => {
    repository = await exampleRepository();
    await giveDatabase(repository);
    pawl = typist(repository.path, { COLUMNS: '100' });
    await pawl('plan', '--out', 'plan.json');
    await pawl('apply', 'plan.json', '--ack', 'bootstrap');
    await pawl('run', 'support-triage', '-i', ticket, '--exit-status');
    run = (await pawl('get', 'runs', '-o', 'name')).stdout.trim();
  }, 180_000);
  afterAll(() => repository.remove());

  test('describe run says state, pin, steps, last calls, use and what to try next', async () => {
    const { exit, stdout } = await pawl('describe', 'run', run);
    expect(exit).toBe(0);
    for (const part of [
      `Run ${run}`,
      'support/support-triage in production: Succeeded',
      'revision 1, which new runs get too',
      'pool default, priority 5, by tester',
      'STEP',
      'tool support/issue-refund denied (policy.denied)',
      '12 calls, 2 denied',
      `pawl trace ${run}`,
    ])
      expect(stdout).toContain(part);
    const json = JSON.parse((await pawl('describe', 'run', run, '-o', 'json')).stdout) as Record<string, unknown>;
    expect(json['standing']).toMatchObject({ pool: 'default', crashes: 0, pin: { state: 'live', liveRevision: 1 } });
  });

  test('get runs filters by state and system, and says how the list goes on', async () => {
    expect((await pawl('get', 'runs', '--state', 'succeeded', '--system', 'support-triage')).stdout).toContain(run);
    expect((await pawl('get', 'runs', '--state', 'failed,deadletter')).stderr).toContain('Nothing found.');
    expect((await pawl('get', 'runs', '--system', 'quick-answer')).stderr).toContain('Nothing found.');
    expect((await pawl('get', 'runs', '--limit', '1')).stderr).toContain(`pawl get runs --before ${run}`);
    expect((await pawl('get', 'runs', '--before', run)).stderr).toContain('Nothing found.');
    expect((await pawl('get', 'runs', '--state', 'lost')).exit).toBe(64);
    expect((await pawl('get', 'agents', '--state', 'failed')).exit).toBe(64);
  });

  test('get runs -w says each run once, as lines of JSON where asked, until Ctrl-C', async () => {
    const app = createApp(repository.path, { PATH: process.env['PATH'], PAWL_LOG_LEVEL: 'warn' });
    const stop = new AbortController();
    const door = await app.open();
    const operations: typeof door.operations = {
      ...door.operations,
      runChanges: async (request) => {
        // The second question is the one that waits for news: somebody presses Ctrl-C meanwhile.
        if (request.seen !== undefined) stop.abort();
        return door.operations.runChanges({ ...request, waitMs: 0 });
      },
    };
    const watching = { ...app, open: () => Promise.resolve({ ...door, operations }) };
    const said = await say(['get', 'runs', '-w', '-o', 'json'], {
      cwd: repository.path,
      app: watching,
      signal: stop.signal,
    });
    const lines = said.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { run: { id: string } });
    expect([said.exit, lines.map((line) => line.run.id)]).toEqual([130, [run]]);
  });

  test('trace -f gives each call as a line, and the end: exit 0 with --exit-status', async () => {
    const { exit, stdout } = await pawl('trace', run, '-f', '--exit-status');
    expect(exit).toBe(0);
    expect(stdout).toContain('research-policy/1.2: tool support/search-web denied (budget.exhausted)');
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^12 calls {2}2 denied/);
    const json = (await pawl('trace', run, '-f', '-o', 'json')).stdout.trim().split('\n');
    expect(json).toHaveLength(13);
  });

  test('top shows what ended, what it used and that nobody works', async () => {
    const { exit, stdout } = await pawl('top');
    expect(exit).toBe(0);
    expect(stdout).toContain('1 succeeded, 0 failed, 0 dead');
    expect(stdout).toContain('no worker is live');
    expect(stdout).toMatch(/support\/support-triage +0\/0\/0 +1 +0 /);
    expect(stdout.split('\n').length).toBeLessThanOrEqual(24);
    const { top } = JSON.parse((await pawl('top', '-o', 'json')).stdout) as { top: { systems: { steps: number }[] } };
    expect(top.systems.map(({ steps }) => steps)).toContain(12);
  });

  test('cancel takes several runs, says why one cannot be, and asks before it chooses', async () => {
    const none = '01930000-0000-7000-8000-000000000001';
    const said = await pawl('cancel', run, none);
    expect([said.exit, said.stdout]).toEqual([6, '']);
    expect(said.stderr).toContain('run.ended');
    expect(said.stderr).toContain('run.unknown');
    expect((await pawl('cancel', '--system', 'support-triage')).stderr).toContain('No such run is open.');
    expect((await pawl('cancel')).exit).toBe(64);
    expect((await pawl('cancel', run, '--system', 'support-triage')).exit).toBe(64);
  });

  test('a run is replayed under uncommitted rules, and what comes out otherwise is shown: exit 2', async () => {
    const same = await pawl('replay', run, '--at', 'live');
    expect([same.exit, same.stdout.split('\n')[0]]).toEqual([0, 'It comes out the same under live.']);
    const path = join(repository.path, 'policies/no-automatic-refunds.yaml');
    const before = await readFile(path, 'utf8');
    await writeFile(path, before.replace('[issue-refund]', '[issue-refund, get-order]'));
    const other = await pawl('replay', run);
    const local = await pawl('run', '--local', 'support-triage', '-i', ticket, '-o', 'json');
    await writeFile(path, before);
    expect([other.exit, other.stdout]).toEqual([
      2,
      expect.stringContaining('It comes out otherwise under the working copy.'),
    ]);
    expect(other.stdout).toMatch(/research-order\/1\.1: tool support\/get-order: allow → deny \(policy\.denied\)/);
    // The same files in a local run: the same gate, and nothing of it among the runs.
    const calls = (
      JSON.parse(local.stdout) as { nodes: { calls: { target: string; outcome: string }[] }[] }
    ).nodes.flatMap((node) => node.calls);
    expect(calls.find(({ target }) => target === 'support/get-order')?.outcome).toBe('denied');
    expect((await pawl('get', 'runs', '-o', 'name')).stdout.trim()).toBe(run);
  });

  test('retry refuses what succeeded, and finds no dead letter', async () => {
    expect((await pawl('retry', run)).exit).not.toBe(0);
    expect((await pawl('retry', '--dead-letters', '--dry-run')).stderr).toContain('There is no such dead letter.');
    expect((await pawl('retry')).exit).toBe(64);
  });

  test('what a rollback withdrew is refused before anybody is asked to agree to it', async () => {
    const file = 'policies/spending.yaml';
    const text = await readFile(join(repository.path, file), 'utf8');
    await repository.commit({ [file]: text.replace('limit: 20000', 'limit: 60000') }, 'Spend more');
    const [risk = ''] = /R4-\w+/.exec((await pawl('plan')).stdout) ?? [];
    expect((await pawl('apply', '--auto-approve', '--ack', risk)).exit).toBe(0);
    expect((await pawl('rollback', '1', '--auto-approve', '--reason', 'too dear')).exit).toBe(0);
    const { exit, stdout, stderr } = await pawl('apply');
    expect(stdout).toContain('\nHeld by a rollback. See the top of this plan.\n');
    expect([exit, stderr]).toEqual([3, expect.stringContaining('error plan.quarantined: ')]);
    expect(stderr).not.toContain('cli.not_interactive');
    await repository.commit({ [file]: text }, 'Spend no more');
    expect((await pawl('apply')).exit).toBe(0);
  });

  test('what was held as it was planned is not applied unasked once that is lifted', async () => {
    const warm = { from: 'Be warm and short.', to: 'Be short.' };
    await edit(repository, 'prompts/draft.md', warm);
    expect((await pawl('apply', '--auto-approve')).exit).toBe(0);
    expect((await pawl('rollback', '1', '--auto-approve', '--reason', 'too cold')).exit).toBe(0);
    const revisions = async () => {
      const said = JSON.parse((await pawl('history', '-o', 'json')).stdout) as { revisions: { revision: number }[] };
      return said.revisions.map(({ revision }) => revision);
    };
    const before = await revisions();
    const app = createApp(repository.path, { PATH: process.env['PATH'], PAWL_LOG_LEVEL: 'warn', PAWL_ACTOR: 'tester' });
    const door = await app.open();
    const operations: typeof door.operations = {
      ...door.operations,
      plan: async (request) => {
        const held = await door.operations.plan(request);
        // Somebody lifts it while whoever applies reads the plan.
        await door.operations.releaseQuarantine({ environment: 'production', reason: 'not so cold' });
        return held;
      },
    };
    const lifting = { ...app, open: () => Promise.resolve({ ...door, operations }) };
    const { exit, stderr } = await say(['apply'], { cwd: repository.path, app: lifting });
    expect([exit, stderr.replaceAll(/\s+/g, ' ')]).toEqual([
      3,
      expect.stringMatching(
        /error plan\.quarantined: Plan [0-9a-f]{8} is held: quarantined .+ rolled back to revision 1 by tester: too cold\. .*`pawl quarantine release` and a reason\./,
      ),
    ]);
    expect((await pawl('quarantine', 'list')).stderr).toContain('Nothing is in the quarantine of production.');
    expect(await revisions()).toEqual(before);
    // Held no more, it waits for a yes as every plan does.
    const asked = await pawl('apply');
    expect([asked.exit, asked.stderr]).toEqual([64, expect.stringContaining('error cli.not_interactive')]);
  });
});
