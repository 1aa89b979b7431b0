import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import type { Database } from '../../src/store/database-port.ts';
import type { Said } from '../cli/fixture.ts';
import { createRepository, type TestRepository } from '../support/git.ts';
import { createDatabase } from '../support/postgres.ts';
import { startProcess, type TestProcess } from '../support/processes.ts';
import { eventually } from '../support/runs.ts';
import { agent, sound } from '../support/small-repository.ts';
import { typist } from './example.ts';

let repository: TestRepository;
let made: Awaited<ReturnType<typeof createDatabase>>;
let database: Database;
let pawl: (...words: readonly string[]) => Promise<Said>;
const processes: TestProcess[] = [];

beforeAll(async () => {
  [repository, made] = await Promise.all([createRepository(), createDatabase()]);
  await repository.commit(sound, 'Begin');
  database = await openDatabase({ url: made.url });
  pawl = typist(repository.path, { DATABASE_URL: made.url });
  await pawl('migrate');
});
afterAll(async () => {
  for (const one of processes) await one.kill();
  await database.close();
  await repository.remove();
  await made.drop();
});

async function start(): Promise<TestProcess> {
  const env = { DATABASE_URL: made.url, PAWL_POLL_MS: '500', PAWL_LOG_LEVEL: 'warn' };
  const up = startProcess({ entry: 'src/main.ts', args: ['up'], cwd: repository.path, env });
  processes.push(up);
  await up.waitFor(/pawl is up at/, 60_000);
  return up;
}

const live = async () => {
  const { rows } = await sql<{ revision: number; address: string }>`select e.revision, r.address
    from environment e join resource r on r.environment = e.name where r.address like 'Agent/%' order by 2`.execute(
    database.db,
  );
  return rows.map(({ revision, address }) => `${revision} ${address}`);
};

test('a controller that is asked to end in the middle of an apply leaves one revision, whole, and the next goes on', {
  timeout: 120_000,
}, async () => {
  const up = await start();
  expect(await pawl('apply', '--auto-approve', '--ack', 'bootstrap')).toMatchObject({ exit: 0 });
  const one = ['1 Agent/default/clerk'];
  expect(await live()).toEqual(one);

  // Readers pass, and the apply waits in its transaction as soon as it writes the first resource.
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const locked = database.db.transaction().execute(async (trx) => {
    await sql`lock table resource in share mode`.execute(trx);
    await repository.commit({ 'agents/second.yaml': agent('second') }, 'Add one');
    await eventually(async () => {
      const { rows } = await sql`select from pg_locks where not granted and relation = 'resource'::regclass`.execute(
        trx,
      );
      return rows.length > 0 ? true : undefined;
    });
    up.signal('SIGTERM');
    await held;
  });
  // Nothing of it is seen before the transaction has ended, which the process waits for.
  expect(await live()).toEqual(one);
  release();
  await locked;
  expect(await up.exited()).toEqual({ code: 0, signal: null });

  const two = ['2 Agent/default/clerk', '2 Agent/default/second'];
  const left = await live();
  expect([one, two]).toContainEqual(left);
  const { rows } = await sql`select from pg_locks l join pg_stat_activity a using (pid)
    where a.datname = current_database() and l.locktype = 'advisory'`.execute(database.db);
  expect(rows).toEqual([]);

  const next = await start();
  await eventually(async () => ((await live())[0]?.startsWith('2 ') === true ? true : undefined));
  expect(await live()).toEqual(two);
  const revisions = await database.db.selectFrom('revision').select('revision').execute();
  expect(revisions).toHaveLength(2);
  expect(await next.kill('SIGTERM')).toEqual({ code: 0, signal: null });
});
