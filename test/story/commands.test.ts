import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import type { DatabaseOptions } from '../../src/store/database.ts';
import { editByHand } from '../../src/store/hand-edit.ts';
import type { Said } from '../cli/fixture.ts';
import type { TestRepository } from '../support/git.ts';
import { createDatabase } from '../support/postgres.ts';
import { startProcess } from '../support/processes.ts';
import type { TestProcess } from '../support/processes.ts';
import { edit, exampleRepository, giveDatabase, ticket, typist } from './example.ts';

interface Place {
  readonly repository: TestRepository;
  readonly pawl: (...words: readonly string[]) => Promise<Said>;
  readonly options: DatabaseOptions;
  close(): Promise<void>;
}

async function embeddedPlace(): Promise<Place> {
  const repository = await exampleRepository();
  await giveDatabase(repository, 'empty');
  const options = { directory: join(repository.path, '.pawl', 'db') };
  return { repository, pawl: typist(repository.path), options, close: () => repository.remove() };
}

/** On a server nothing runs in the command itself: a worker in another process does. */
async function serverPlace(): Promise<Place> {
  const [repository, made] = [await exampleRepository(), await createDatabase()];
  const environment = { DATABASE_URL: made.url };
  const worker: TestProcess = startProcess({
    entry: 'src/main.ts',
    args: ['worker'],
    cwd: repository.path,
    env: { ...environment, PAWL_LOG_LEVEL: 'warn' },
  });
  await worker.waitFor(/The worker takes runs/);
  return {
    repository,
    pawl: typist(repository.path, environment),
    options: { url: made.url },
    close: async () => {
      expect(await worker.kill('SIGTERM')).toEqual({ code: 0, signal: null });
      await made.drop();
      await repository.remove();
    },
  };
}

function parse(said: Said): Record<string, unknown> {
  expect(said.stderr).toBe('');
  return JSON.parse(said.stdout) as Record<string, unknown>;
}

describe.each([
  ['the embedded database', embeddedPlace],
  ['PostgreSQL and a worker in another process', serverPlace],
])('commands on %s', { timeout: 120_000 }, (_, open) => {
  let place: Place;
  beforeAll(async () => {
    place = await open();
  });
  afterAll(() => place.close(), 60_000);

  test('a saved plan goes live exactly as it was reviewed', async () => {
    const { pawl } = place;
    const planned = await pawl('plan', '--out', 'plan.json', '--detailed-exitcode');
    expect([planned.exit, planned.stdout.trimEnd().split('\n').at(-2)]).toEqual([
      2,
      'Plan: 22 to add, 0 to change, 0 to destroy.',
    ]);
    const applied = await pawl('apply', 'plan.json', '--ack', 'bootstrap');
    expect([applied.exit, applied.stderr]).toEqual([0, '']);
    expect(applied.stdout).toContain('production is now at revision 1');
    const again = await pawl('plan', '--detailed-exitcode');
    expect([again.exit, again.stdout]).toEqual([0, expect.stringContaining('No changes. Live state matches main @')]);
  });

  test('a plan whose base has moved is stale: exit 6, and nothing is written', async () => {
    const said = await place.pawl('apply', 'plan.json');
    expect([said.exit, said.stdout]).toEqual([6, '']);
    expect(said.stderr).toContain('error plan.stale');
    expect(parse(await place.pawl('history', '-o', 'json'))['revisions']).toHaveLength(1);
  });

  test('apply without a terminal exits 64 and names the flag', async () => {
    await edit(place.repository, 'prompts/draft.md', { from: 'Be warm and short.', to: 'Be short.' });
    const said = await place.pawl('apply');
    expect(said.exit).toBe(64);
    expect(said.stderr).toContain('--auto-approve');
    expect(parse(await place.pawl('history', '-o', 'json'))['revisions']).toHaveLength(1);
  });

  test('apply --auto-approve plans and applies in one go', async () => {
    const said = await place.pawl('apply', '--auto-approve', '-o', 'json');
    expect(parse(said)).toMatchObject({
      format_version: '1.0',
      environment: 'production',
      revision: 2,
      summary: { add: 0, change: 1, remove: 0, move: 0, adopt: 0, orphan: 0 },
    });
  });

  test('a run shows one call allowed, one denied by policy and one refused by budget, and succeeds', async () => {
    const ran = await place.pawl('run', 'support-triage', '-i', ticket, '--exit-status', '-o', 'json');
    expect(ran.exit).toBe(0);
    const { run } = JSON.parse(ran.stdout) as { run: { id: string; state: string; output: unknown } };
    expect(run).toMatchObject({ state: 'Succeeded', output: { approved: true } });
    const { trace } = parse(await place.pawl('trace', run.id, '-o', 'json')) as {
      trace: {
        nodes: {
          calls: { path: string; kind: string; target: string; outcome: string; decision: { reason?: string } }[];
        }[];
      };
    };
    const calls = trace.nodes
      .flatMap((node) => node.calls)
      .filter((call) => call.kind === 'tool')
      .sort((a, b) => (a.target < b.target ? -1 : 1));
    expect(calls.map(({ target, outcome, decision }) => [target, outcome, decision.reason])).toEqual([
      ['support/get-order', 'done', undefined],
      ['support/issue-refund', 'denied', 'policy.denied'],
      ['support/search-handbook', 'done', undefined],
      ['support/search-web', 'denied', 'budget.exhausted'],
    ]);
  });

  test('an input that does not fit is refused before there is a run', async () => {
    const said = await place.pawl('run', 'support-triage', '-i', 'tikcet=x');
    expect(said.exit).toBe(64);
    expect(said.stderr).toContain('run.input_invalid');
    // Both mistakes are said: the property that is missing, and the one that is too many.
    expect(said.stderr).toMatch(
      /support-triage:\n {2}must have required property 'ticket'\n {2}must NOT have additional/,
    );
    const number = await place.pawl('run', 'support-triage', '-i', 'ticket=1042');
    expect([number.exit, number.stderr]).toEqual([64, expect.stringContaining(`-i 'ticket="..."'`)]);
    const quoted = await place.pawl('run', 'support-triage', '-i', 'ticket="1042"');
    expect(quoted.exit).toBe(0);
  });

  test('a system that is not live is refused, and the nearest name is said', async () => {
    const said = await place.pawl('run', 'suport-triage', '-i', ticket);
    expect(said.exit).toBe(1);
    expect(said.stderr).toMatch(/run\.system_unknown[\s\S]*support-triage/);
  });

  test('the same idempotency key is the same run', async () => {
    const ids: unknown[] = [];
    for (let round = 0; round < 2; round += 1) {
      const said = await place.pawl(
        'run',
        'support-triage',
        '-i',
        ticket,
        '--key',
        'once',
        '--exit-status',
        '-o',
        'json',
      );
      ids.push((JSON.parse(said.stdout) as { run: { id: string } }).run.id);
    }
    expect(ids[0]).toBe(ids[1]);
  });

  test('get lists resources and runs in every format', async () => {
    const { pawl } = place;
    expect((await pawl('get', 'agents')).stdout.split('\n')[0]).toMatch(/^KIND +NAMESPACE +NAME/);
    expect((await pawl('get', 'policies', '-o', 'name')).stdout).toContain('AgentPolicy/support/spending\n');
    expect((await pawl('get', 'AgentSystem', 'support-triage', '-o', 'yaml')).stdout).toContain('kind: AgentSystem');
    expect((parse(await pawl('get', 'all', '-o', 'json'))['items'] as unknown[]).length).toBe(22);
    expect((await pawl('get', 'runs', '-o', 'wide')).stdout).toContain('Succeeded');
    expect((await pawl('get', 'agents', 'nobody')).exit).toBe(1);
    expect((await pawl('get', 'agnets')).stderr).toContain('Did you mean');
  });

  test('get takes the names that it prints, and says what cannot be listed together', async () => {
    const { pawl } = place;
    for (const words of [['agent', 'support/draft'], ['Agent/support/draft'], ['agents/draft']]) {
      expect((await pawl('get', ...words, '-o', 'name')).stdout).toBe('Agent/support/draft\n');
    }
    expect((await pawl('get', 'agent', 'default/draft')).exit).toBe(1);
    expect((await pawl('get', 'agent', 'a/b/c')).stderr).toContain('"a/b/c" is no name.');
    expect((await pawl('get', 'agents,runs')).stderr).toContain('"runs" cannot be listed together with others.');
    const { stdout } = await pawl('get', 'agent', 'draft', '-o', 'yaml');
    expect(stdout.match(/^\w+(?=:)/gm)).toEqual(['apiVersion', 'kind', 'metadata', 'spec']);
  });

  test('a row that a hand changed is drift: exit 2, with field and hand, also in status and get', async () => {
    const database = await openDatabase({ ...place.options, applicationName: 'a-hand' });
    const row = { environment: 'production', address: 'Agent/support/review' };
    await editByHand(database.db, row, (body) => ({
      ...body,
      spec: { ...(body['spec'] as object), description: 'Nods everything through' },
    }));
    await database.close();
    const said = await place.pawl('drift');
    expect(said.exit).toBe(2);
    expect(said.stdout).toContain(
      'spec.description: "Checks a draft before it may be sent" -> "Nods everything through"',
    );
    expect(said.stdout).toContain('a-hand');
    expect(parse(await place.pawl('status', '-o', 'json'))['environments']).toMatchObject([
      { sync: 'Synced', drifted: 1 },
    ]);
    expect((await place.pawl('get', 'agents', 'review')).stdout).toMatch(/review .* yes/);
    expect((await place.pawl('apply', '--auto-approve')).exit).toBe(0);
    expect((await place.pawl('drift')).exit).toBe(0);
  });

  test('what is not committed can be planned and never applied', async () => {
    const file = join(place.repository.path, 'prompts/draft.md');
    const committed = await readFile(file, 'utf8');
    await writeFile(file, `${committed}\nSign with your name.\n`);
    const ofTheCommit = await place.pawl('plan');
    expect(ofTheCommit.stdout).toContain('No changes.');
    expect(ofTheCommit.stderr).toContain(
      'The working copy differs from the commit: see it with pawl plan --working-copy',
    );
    const planned = await place.pawl('plan', '--working-copy', '--out', 'working.json');
    expect([planned.exit, planned.stdout]).toEqual([
      0,
      expect.stringContaining('Plan: 0 to add, 1 to change, 0 to destroy.'),
    ]);
    expect(planned.stderr).toContain('It cannot be applied: what it plans is not committed.');
    expect((await place.pawl('plan', '--working-copy', '--ref', 'main')).exit).toBe(64);
    const applied = await place.pawl('apply', 'working.json');
    expect([applied.exit, applied.stdout]).toEqual([64, '']);
    expect(applied.stderr).toContain('plan.uncommitted');
    await writeFile(file, committed);
  });

  test('a commit beside the branch can be planned and never applied', async () => {
    await place.repository.git('checkout', '--quiet', '-b', 'feature');
    await edit(place.repository, 'policies/spending.yaml', { from: 'maxSteps: 6', to: 'maxSteps: 60' });
    await place.repository.git('checkout', '--quiet', 'main');
    expect((await place.pawl('plan', '--ref', 'feature', '--out', 'feature.json')).stdout).toContain(
      'maxSteps = 6 -> 60',
    );
    const applied = await place.pawl('apply', 'feature.json');
    expect([applied.exit, applied.stdout]).toEqual([6, '']);
    expect(applied.stderr).toContain('plan.not_on_branch');
  });

  test('manifests with mistakes exit 3 with every mistake, and what is live stays', async () => {
    await edit(place.repository, 'agents/draft.yaml', { from: 'modelRef: scripted', to: 'modelRef: scirpted' });
    const planned = await place.pawl('plan');
    expect([planned.exit, planned.stdout]).toEqual([3, '']);
    expect(planned.stderr).toMatch(/agents\/draft\.yaml:\d+:\d+[\s\S]*\^\^/);
    expect((await place.pawl('apply', '--auto-approve')).exit).toBe(3);
    const validated = await place.pawl('validate', '-o', 'json');
    expect(validated.exit).toBe(3);
    expect(parse(validated)).toMatchObject({ valid: false });
    await place.repository.git('revert', '--no-edit', 'HEAD');
    expect((await place.pawl('validate')).exit).toBe(0);
  });

  test('an unknown environment is said with those there are', async () => {
    for (const words of [
      ['plan'],
      ['drift'],
      ['history'],
      ['get', 'agents'],
      ['get', 'runs'],
      ['run', 'support-triage'],
    ]) {
      const said = await place.pawl(...words, '--env', 'staging');
      expect([words, said.exit, said.stdout]).toEqual([words, 64, '']);
      expect(said.stderr).toMatch(/environment\.unknown[\s\S]*production/);
    }
  });

  test('doctor finds nothing wrong and shows no value', async () => {
    const said = await place.pawl('doctor');
    expect([said.exit, said.stderr]).toEqual([0, '']);
    expect(said.stdout).toMatch(/ok +database/);
    expect(said.stdout).not.toContain('postgres://');
  });
});

describe('parts that need a server', () => {
  test.each(['worker', 'controller'])('%s on the embedded database is refused with the cure', async (part) => {
    const repository = await exampleRepository();
    try {
      const said = await typist(repository.path)(part);
      expect(said.exit).toBe(64);
      expect(said.stderr).toMatch(/cli\.embedded_single_process[\s\S]*DATABASE_URL/);
    } finally {
      await repository.remove();
    }
  });
});
