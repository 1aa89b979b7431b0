import { randomBytes, randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { linkHash } from '../../src/policy/audit-link.ts';
import type { RunWrite } from '../../src/run/executor.ts';
import { GroupCommit } from '../../src/run/group-commit.ts';
import { foldAudit } from '../../src/store/audit-fold.ts';
import { chainLinks } from '../../src/store/audit-read.ts';
import { claimRuns, readSteps } from '../../src/store/claim.ts';
import type { Session } from '../../src/store/database-port.ts';
import { writeJournal } from '../../src/store/journal.ts';
import { enlistWorker } from '../../src/store/worker.ts';
import { databaseKinds, type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { bundleOf, environment, install, submit } from '../support/runs.ts';

describe.each(databaseKinds)('the journal on the %s database', (kind) => {
  let opened: OpenedDatabase;
  let session: Session;

  beforeAll(async () => {
    opened = await openTestDatabase(kind);
    session = await opened.database.session();
    await install(opened.database, bundleOf({ nodes: { a: {} } }));
  });
  afterAll(async () => {
    await session.close();
    await opened.close();
  });

  async function claimed(runs: number): Promise<readonly Pick<RunWrite, 'worker' | 'run' | 'fence'>[]> {
    const { database } = opened;
    const worker = randomUUID();
    await enlistWorker(database, session, {
      id: worker,
      host: 'test',
      pid: 1,
      version: '0',
      slots: runs,
      leaseMs: 60_000,
    });
    for (let n = 0; n < runs; n += 1) await submit(database);
    const rows = await claimRuns(database, { worker, pool: 'default', slots: runs, suspect: false });
    return rows.map(({ id, fence }) => ({ worker, run: id, fence }));
  }

  const result = (path: string, body?: string) =>
    ({ phase: 'result', path, node: 'a', kind: 'tool', target: 'default/echo', outcome: 'done', body }) as const;

  /** A row of a run's record, as its chain makes it. */
  function recorded(run: string, seq: number, before = '') {
    const text = JSON.stringify({ run, seq });
    return { seq, text, hash: linkHash(before, text), notes: 0 };
  }

  async function folded(): Promise<ReadonlyMap<string | null, number | null>> {
    for (let turn = 0; await foldAudit(opened.database); turn += 1) expect(turn).toBeLessThan(10);
    const heads = new Map<string | null, number | null>();
    for await (const { run, runSeq } of chainLinks(opened.database, environment)) heads.set(run, runSeq);
    return heads;
  }

  test('entries of a run come out in the order in which they went in, whatever their paths', async () => {
    const writes = (await claimed(3)).map((own, index) => ({
      ...own,
      entries: ['z', 'a', 'm', 'b'].map((path) => result(`${path}/${index}`)),
    }));
    await writeJournal(opened.database, writes);
    const steps = await readSteps(
      opened.database,
      writes.map(({ run }) => run),
    );
    for (const { run, entries } of writes) {
      expect(steps.get(run)?.map(({ path }) => path)).toEqual(entries.map(({ path }) => path));
    }
  });

  test.each([10, 2_600, 7_900, 8_192, 8_193, 40_000])(
    'a result of %d bytes is read as it was written',
    async (size) => {
      const [own] = await claimed(1);
      if (own === undefined) throw new Error('no run was claimed');
      // Characters that nothing compresses, a third of them of two bytes.
      const text = [...randomBytes(size)].map((byte) => String.fromCharCode(32 + (byte % 144))).join('');
      let body = JSON.stringify(text);
      while (Buffer.byteLength(body) > size) body = body.slice(0, -1);
      await writeJournal(opened.database, [{ ...own, entries: [result('a/1', body)] }]);
      expect((await readSteps(opened.database, [own.run])).get(own.run)).toMatchObject([{ body }]);
    },
  );

  test('a result that fits a page stays in its row', async () => {
    const pieces = async (): Promise<unknown> => {
      const { rows } = await sql<{ bytes: number }>`
        select pg_relation_size(reltoastrelid) as bytes from pg_class where oid = 'step'::regclass`.execute(
        opened.database.db,
      );
      return rows[0]?.bytes;
    };
    const before = await pieces();
    const [own] = await claimed(1);
    if (own === undefined) throw new Error('no run was claimed');
    const body = JSON.stringify(randomBytes(5_900).toString('base64'));
    await writeJournal(opened.database, [{ ...own, entries: [result('a/1', body)] }]);
    expect(await pieces()).toBe(before);
  });

  test('one row of a statement names the runs of its record, and who folds finds all of them', async () => {
    const own = await claimed(4);
    const lost = { run: own[0]?.run ?? '', fence: 7 };
    const writes = own.map((write) => ({
      ...write,
      ...(write.run === lost.run ? lost : {}),
      entries: [],
      record: recorded(write.run, 1),
    }));
    expect(await writeJournal(opened.database, writes)).toMatchObject([
      { kind: 'fenced' },
      ...own.slice(1).map(() => ({ kind: 'accepted' })),
    ]);
    const kept = own.slice(1).map(({ run }) => run);
    const { rows } = await sql<{ runs: readonly string[] }>`
      select runs from audit where run = any (${kept}::uuid[]) and runs is not null`.execute(opened.database.db);
    expect(rows.map(({ runs }) => runs.toSorted())).toEqual([kept.toSorted()]);
    const heads = await folded();
    expect(kept.map((run) => heads.get(run))).toEqual([1, 1, 1]);
    expect(heads.has(lost.run)).toBe(false);
  });

  test('who folds finds runs beside which others were sent again', async () => {
    const [one, two] = await claimed(2);
    if (one === undefined || two === undefined) throw new Error('two runs were submitted');
    const first = { ...one, entries: [result('a/1')], record: recorded(one.run, 1) };
    await writeJournal(opened.database, [first]);
    await folded();
    const other = { ...two, entries: [], record: recorded(two.run, 1) };
    for (const again of [
      [first, other],
      [other, first],
    ]) {
      expect(await writeJournal(opened.database, again)).toMatchObject([{ kind: 'accepted' }, { kind: 'accepted' }]);
    }
    expect((await folded()).get(two.run)).toBe(1);
  });

  test('who folds comes past many runs that were written beside one that forks', async () => {
    const own = await claimed(73);
    const [forked, ...others] = own.map((write) => ({ ...write, entries: [], record: recorded(write.run, 1) }));
    if (forked === undefined) throw new Error('73 runs were submitted');
    await writeJournal(opened.database, [
      { ...forked, record: { ...forked.record, text: '{}', hash: linkHash('', 'another') } },
    ]);
    expect(await writeJournal(opened.database, [forked, ...others])).toMatchObject([
      { kind: 'fenced' },
      ...others.map(() => ({ kind: 'accepted' })),
    ]);
    const { rows } = await sql<{ named: number }>`
      select sum(cardinality(runs)) as named from audit where run = any (${others.map(({ run }) => run)}::uuid[])
    `.execute(opened.database.db);
    expect(rows).toEqual([{ named: others.length }]);
    const heads = await folded();
    expect(others.map(({ run }) => heads.get(run))).toEqual(others.map(() => 1));
  });

  test('who folds comes past one transaction that names more runs than a turn takes', async () => {
    const [one, two] = await claimed(2);
    if (one === undefined || two === undefined) throw new Error('two runs were submitted');
    const { text, hash } = recorded(one.run, 1);
    await sql`
      insert into audit (run, seq, text, hash, runs)
      select ${one.run}, 1, ${text}, decode(${hash}, 'hex'), array_agg(gen_random_uuid()) || ${one.run}::uuid
      from generate_series(1, 5001)`.execute(opened.database.db);
    await writeJournal(opened.database, [{ ...two, entries: [], record: recorded(two.run, 1) }]);
    const heads = await folded();
    expect([one, two].map(({ run }) => heads.get(run))).toEqual([1, 1]);
  });

  test('what cannot be written fails its own run, which it names, and none that is written with it', async () => {
    const own = await claimed(4);
    const commit = new GroupCommit({ write: (writes) => writeJournal(opened.database, writes), patienceMs: 0 });
    const answers = await Promise.allSettled(
      own.map((write, index) =>
        commit.submit({ ...write, entries: [{ ...result('a/1'), tokensIn: index === 2 ? 1.5 : 1 }] }),
      ),
    );
    const runs = own.map(({ run }) => run);
    const reason = expect.objectContaining({
      code: 'store.rejected',
      message: `What run ${runs[2]} did cannot be written: 1.5 is no integer that is exact.`,
      cause: expect.any(TypeError),
    });
    const accepted = { status: 'fulfilled', value: { kind: 'accepted' } };
    expect(answers).toMatchObject([accepted, accepted, { status: 'rejected', reason }, accepted]);
    const steps = await readSteps(opened.database, runs);
    expect(runs.map((run) => steps.get(run)?.length)).toEqual([1, 1, undefined, 1]);
  });

  describe('when the types of its parameters', () => {
    const types = ['journal_write', 'journal_entry'] as const;
    let columns: readonly string[];

    beforeAll(async () => {
      const { rows } = await sql<{ columns: string }>`
        select string_agg(quote_ident(attname) || ' ' || format_type(atttypid, null), ', ' order by attnum) as columns
        from pg_attribute join unnest(${types}::text[]) with ordinality as t (name, place) on attrelid = name::regclass
        group by place order by place`.execute(opened.database.db);
      columns = rows.map((row) => row.columns);
    });

    /** As a restore does. */
    async function makeAnew(): Promise<void> {
      for (const [index, type] of types.entries()) {
        await sql.raw(`drop type ${type}; create type ${type} as (${columns[index]})`).execute(opened.database.db);
      }
    }

    /** The first alone, then the others at once, on connections that had no failure. */
    async function writeEach(own: readonly Pick<RunWrite, 'worker' | 'run' | 'fence'>[], path: string) {
      const write = (of: (typeof own)[number]) => writeJournal(opened.database, [{ ...of, entries: [result(path)] }]);
      const first = await Promise.all(own.slice(0, 1).map(write));
      return [...first, ...(await Promise.all(own.slice(1).map(write)))].flat();
    }

    test('were made anew, they are written as they are now, on every connection', async () => {
      const own = await claimed(4);
      for (const path of ['a/1', 'a/2', 'a/3']) {
        expect(await writeEach(own, path)).toMatchObject(own.map(() => ({ kind: 'accepted' })));
        await makeAnew();
      }
      const runs = own.map(({ run }) => run);
      const steps = await readSteps(opened.database, runs);
      for (const run of runs) expect(steps.get(run)?.map(({ path }) => path)).toEqual(['a/1', 'a/2', 'a/3']);
    });

    test('have other numbers behind new connections, as after a fail-over to a copy, they are asked again', async () => {
      const own = await claimed(2);
      expect(await writeEach(own, 'a/1')).toMatchObject(own.map(() => ({ kind: 'accepted' })));
      await makeAnew();
      opened.database.forgetStatements();
      expect(await writeEach(own, 'a/2')).toMatchObject(own.map(() => ({ kind: 'accepted' })));
    });

    test('are others under the same numbers, the failure is told, and is over when they are right again', async () => {
      const own = await claimed(1);
      await sql`alter type journal_entry add attribute more text`.execute(opened.database.db);
      for (let time = 0; time < 2; time += 1) {
        await expect(writeEach(own, 'a/1')).rejects.toMatchObject({
          name: 'TerminalError',
          code: 'store.rejected',
          message: expect.stringMatching(/^The database rejected a statement: .* \(42804\)\.$/),
        });
      }
      await makeAnew();
      expect(await writeEach(own, 'a/1')).toMatchObject([{ kind: 'accepted' }]);
    });
  });
});
