import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { whyOf } from '../../src/api/why-of.ts';
import { exportAudit } from '../../src/controller/audit.ts';
import { type AuditAnchor, verifyAudit } from '../../src/controller/audit-verify.ts';
import { canonicalText } from '../../src/manifest/digest.ts';
import type { Json } from '../../src/manifest/json.ts';
import { linkHash } from '../../src/policy/audit-link.ts';
import { foldAudit } from '../../src/store/audit-fold.ts';
import { recordEvent } from '../../src/store/event.ts';
import { setUpRoles } from '../../src/store/roles.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { bundleOf, environment, install, submit, until, withWorker } from '../support/runs.ts';

const secret = 'canary-7f3a';

describe('a record on the embedded database', () => {
  let opened: OpenedDatabase;
  let runs: readonly string[];
  const verify = (anchors: readonly AuditAnchor[] = []) => verifyAudit(opened.database, { anchors });
  const run = (statement: string) => sql.raw(statement).execute(opened.database.db);
  /** As the database's owner may: without triggers. Put right again afterwards. */
  const broken = async (statements: readonly string[], anchors: readonly AuditAnchor[] = []) => {
    const tables = ['audit', 'audit_chain', 'event'];
    const hand = async (work: () => Promise<unknown>) => {
      for (const table of tables) await run(`alter table ${table} disable trigger user`);
      await work();
      for (const table of tables) await run(`alter table ${table} enable trigger user`);
    };
    for (const table of tables) await run(`create table ${table}_kept as table ${table}`);
    await hand(async () => {
      for (const statement of statements) await run(statement);
    });
    const { break: found } = await verify(anchors);
    await hand(async () => {
      for (const table of tables) {
        await run(`delete from ${table}`);
        const overriding = table === 'event' ? 'overriding system value' : '';
        await run(`insert into ${table} ${overriding} select * from ${table}_kept`);
        await run(`drop table ${table}_kept`);
      }
    });
    return found && { chain: found.chain, run: found.run, seq: found.seq, fault: found.fault };
  };
  const rows = async (table: string) =>
    (
      await sql<{
        seq: number;
        text: string;
        hash: string;
      }>`${sql.raw(`select seq, text, encode(hash, 'hex') as hash from ${table}`)} order by seq`.execute(
        opened.database.db,
      )
    ).rows;
  const anchor = async (): Promise<AuditAnchor> => {
    const last = (await rows('audit_chain')).at(-1);
    const lineage = (await sql<{ lineage: string }>`select lineage from environment`.execute(opened.database.db))
      .rows[0]?.lineage;
    return {
      environment,
      lineage: lineage ?? '',
      seq: last?.seq ?? 0,
      hash: last?.hash ?? '',
      at: '2026-01-01T00:00:00Z',
    };
  };

  beforeAll(async () => {
    opened = await openTestDatabase('embedded');
    const { database } = opened;
    await install(database, bundleOf({ nodes: { a: { to: ['b'], input: { text: secret } }, b: {} } }));
    const actor = { environment, actor: 'ada', action: 'halt.set', detail: { reason: 'a test' } };
    await inTransaction(database, (trx) => recordEvent(trx, actor));
    runs = await withWorker(database, async () => {
      const ids = [(await submit(database)).id, (await submit(database)).id].sort();
      for (const id of ids) await until(database, id, 'Succeeded');
      return ids;
    });
    while (await foldAudit(database)) {
      // Until nothing is left.
    }
  });
  afterAll(() => opened.close());

  test('is whole, and tells of every verdict and outcome by canonical text', async () => {
    const report = await verify([await anchor()]);
    expect(report).toMatchObject({ runs: 2, rows: 6, pending: { rows: 0, runs: 0, ended: [] }, break: undefined });
    const texts = (await rows(`audit where run = '${runs[0]}'`)).map(({ text }) => text);
    for (const text of texts) expect(canonicalText(JSON.parse(text) as Json)).toBe(text);
    const events = texts.flatMap((text) => (JSON.parse(text) as { events: { event: string; call?: string }[] }).events);
    expect(events.map(({ event, call }) => (call === undefined ? event : `${event} ${call}`))).toEqual([
      'claim',
      'allow a/1',
      'done a/1',
      'allow b/1',
      'done b/1',
      'end',
    ]);
    expect(events[1]).toMatchObject({
      subject: 'AgentSystem/default/work',
      target: 'default/echo',
      live: 1,
      rule: expect.any(String),
      args: expect.stringMatching(/^[0-9a-f]{64}$/),
      pin: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  test('holds no argument and no result', async () => {
    const all = [...(await rows('audit')), ...(await rows('audit_chain'))].map(({ text }) => text).join('\n');
    expect(all).not.toContain(secret);
  });

  test.each(['audit', 'audit_chain'])('%s refuses changes', async (table) => {
    for (const change of [`update ${table} set text = ''`, `delete from ${table}`, `truncate ${table}`])
      await expect(run(change)).rejects.toThrow(/append-only/);
  });

  test('has no roles that could keep it from its owner', async () => {
    await expect(setUpRoles(opened.database)).rejects.toMatchObject({ code: 'store.roles_embedded' });
  });

  test('says of a call why it was let through, by deciding again', async () => {
    const why = await whyOf(opened.database, { run: runs[0] ?? '', call: 'a/1' });
    expect(why).toMatchObject({
      kind: 'tool',
      subject: 'AgentSystem/default/work',
      target: 'default/echo',
      pinned: 1,
      live: 1,
      recorded: { kind: 'allow' },
      again: { kind: 'allow', rule: why.recorded.rule },
      same: true,
      without: [],
      outcome: 'done',
    });
    expect(why.steps.map(({ outcome }) => outcome)).not.toContain('refused');
    await expect(whyOf(opened.database, { run: runs[0] ?? '', call: 'a/9' })).rejects.toMatchObject({
      code: 'why.unknown_call',
    });
  });

  test.each(['nonsense', randomUUID()])('of one run says of %s that nobody knows it', async (id) => {
    await expect(verifyAudit(opened.database, { run: id })).rejects.toMatchObject({ code: 'run.unknown' });
  });

  test('is exported event by event, and goes on from a cursor', async () => {
    const all = await exportAudit(opened.database, { environment });
    expect(all.next).toBeNull();
    expect(all.lines.filter(({ event }) => event === 'person').map(({ by, action }) => [by, action])).toContainEqual([
      'ada',
      'halt.set',
    ]);
    expect(all.lines.filter(({ event }) => event === 'allow')).toHaveLength(4);
    const [first] = all.lines;
    const rest = await exportAudit(opened.database, { environment, after: first?.cursor ?? 0 });
    expect(rest.lines).toEqual(all.lines.filter(({ cursor }) => cursor > (first?.cursor ?? 0)));
  });

  test('is exported in lines of the published schema', async () => {
    const schema: unknown = JSON.parse(await readFile('schemas/output/audit-event.schema.json', 'utf8'));
    const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema as object);
    const { lines } = await exportAudit(opened.database, { environment });
    for (const line of lines)
      expect(validate(line), `${JSON.stringify(line)} ${JSON.stringify(validate.errors)}`).toBe(true);
    const kinds = new Set(lines.map(({ event }) => event));
    expect([...kinds].toSorted()).toEqual(expect.arrayContaining(['allow', 'claim', 'done', 'end', 'person']));
  });

  test('is broken where a text was edited', async () => {
    const found = await broken([
      `update audit set text = replace(text, 'allow', 'deny') where run = '${runs[1]}' and seq = 2`,
    ]);
    expect(found).toEqual({ chain: 'run', run: runs[1], seq: 2, fault: 'edited' });
  });

  test('is broken where a row was deleted', async () => {
    expect(await broken([`delete from audit where run = '${runs[0]}' and seq = 2`])).toEqual({
      chain: 'run',
      run: runs[0],
      seq: 2,
      fault: 'missing',
    });
  });

  test('is broken where rows changed places, or were swapped with those of another run', async () => {
    const order = (id: string) =>
      `update audit set seq = case seq when 1 then -2 else -1 end where run = '${id}' and seq < 3`;
    const free = 'alter table audit drop constraint audit_seq_check';
    const back = 'alter table audit add constraint audit_seq_check check (seq > 0)';
    const reordered = await broken([free, order(runs[0] ?? ''), 'update audit set seq = -seq where seq < 0', back]);
    expect(reordered).toMatchObject({ chain: 'run', run: runs[0], seq: 1, fault: 'edited' });
    const third = randomUUID();
    const swap = [
      `update audit set run = '${third}' where run = '${runs[0]}'`,
      `update audit set run = '${runs[0]}' where run = '${runs[1]}'`,
      `update audit set run = '${runs[1]}' where run = '${third}'`,
    ];
    expect(await broken(swap)).toMatchObject({ chain: 'environment', run: runs[0], fault: 'not folded so' });
  });

  test('is broken where a row was put in, however well it fits', async () => {
    const [, , last] = await rows(`audit where run = '${runs[0]}'`);
    const text = canonicalText({ at: '2026-01-01T00:00:00.000Z', events: [], run: runs[0] ?? '', seq: 3 });
    const [, second] = await rows(`audit where run = '${runs[0]}'`);
    const found = await broken([
      `update audit set seq = 4 where run = '${runs[0]}' and seq = 3`,
      `insert into audit (run, seq, text, hash) values ('${runs[0]}', 3, '${text}', '\\x${linkHash(second?.hash ?? '', text)}')`,
    ]);
    expect(last?.seq).toBe(3);
    expect(found).toMatchObject({ chain: 'environment', run: runs[0], fault: 'not folded so' });
  });

  test('is broken where the end of a record, or all of one, was cut off after it was folded', async () => {
    const end = await broken([`delete from audit where run = '${runs[0]}' and seq = 3`]);
    expect(end).toMatchObject({ chain: 'environment', run: runs[0], fault: 'truncated' });
    const all = await broken([`delete from audit where run = '${runs[1]}'`]);
    expect(all).toMatchObject({ chain: 'environment', run: runs[1], fault: 'truncated' });
  });

  test('is broken where an event of people was edited or deleted', async () => {
    const edited = await broken([`update event set actor = 'eve' where action = 'halt.set'`]);
    expect(edited).toMatchObject({ chain: 'environment', fault: 'edited' });
    expect(await broken([`delete from event where action = 'halt.set'`])).toMatchObject({ fault: 'missing' });
  });

  test('is broken by an anchor where the environment’s chain was cut off or written anew, and by nothing else', async () => {
    const held = await anchor();
    const cut = [`delete from audit_chain where seq = ${held.seq}`];
    expect(await broken(cut, [held])).toEqual({
      chain: 'environment',
      run: undefined,
      seq: held.seq,
      fault: 'truncated',
    });
    const anew = { ...held, hash: linkHash('', 'another') };
    expect(await broken([], [anew])).toMatchObject({ seq: held.seq, fault: 'edited' });
    expect(await broken([], [{ ...held, lineage: randomUUID() }])).toMatchObject({ fault: 'lineage' });
    // Without an anchor it looks as if the run had not been folded yet.
    expect(await broken(cut)).toBeUndefined();
  });

  test('says what is not folded yet, and finds a journal that has no record at all', async () => {
    const { database } = opened;
    const id = await withWorker(database, async () => {
      const submitted = await submit(database);
      await until(database, submitted.id, 'Succeeded');
      return submitted.id;
    });
    expect((await verify()).pending).toEqual({ rows: 3, runs: 1, ended: [id] });
    expect(await broken([`delete from audit where run = '${id}'`])).toMatchObject({ run: id, fault: 'missing' });
    await foldAudit(database);
    expect((await verify()).pending.rows).toBe(0);
  });
});
