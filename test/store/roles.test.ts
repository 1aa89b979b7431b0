import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { verifyAudit } from '../../src/controller/audit-verify.ts';
import { foldAudit } from '../../src/store/audit-fold.ts';
import { openDatabase } from '../../src/store/database.ts';
import { recordEvent } from '../../src/store/event.ts';
import { assertSchema } from '../../src/store/migrate.ts';
import { mayChangeRecord, setUpRoles } from '../../src/store/roles.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { createDatabase } from '../support/postgres.ts';
import { bundleOf, environment, install, submit, until, withWorker } from '../support/runs.ts';

test('a member of pawl_app runs pawl, and changes nothing of the record', async () => {
  const { url, drop } = await createDatabase();
  const owner = await openDatabase({ url });
  const login = `app_${randomBytes(6).toString('hex')}`;
  const password = randomBytes(12).toString('hex');
  try {
    const first = await setUpRoles(owner);
    expect(first.roles).toEqual(['pawl_owner', 'pawl_app', 'pawl_reader']);
    expect(await setUpRoles(owner)).toEqual({ ...first, created: [] });
    expect(await mayChangeRecord(owner)).toBe(true);
    await sql.raw(`create role ${login} login password '${password}' in role pawl_app`).execute(owner.db);
    const appUrl = new URL(url);
    appUrl.username = login;
    appUrl.password = password;
    const app = await openDatabase({ url: appUrl.href });
    try {
      await assertSchema(app.db);
      expect(await mayChangeRecord(app)).toBe(false);
      await install(app, bundleOf({ nodes: { a: { to: ['b'] }, b: {} } }));
      const said = { environment, actor: 'ada', action: 'test', detail: {} };
      await inTransaction(app, (trx) => recordEvent(trx, said));
      await withWorker(app, async () => until(app, (await submit(app)).id, 'Succeeded'));
      await foldAudit(app);
      expect(await verifyAudit(app)).toMatchObject({ rows: 3, pending: { rows: 0 }, break: undefined });
      for (const table of ['audit', 'audit_chain', 'event', 'revision', 'step']) {
        for (const change of [
          `update ${table} set at = now()`.replace('revision set at', 'revision set applied_at'),
          `delete from ${table}`,
          `truncate ${table}`,
          `alter table ${table} disable trigger user`,
          `drop table ${table}`,
        ])
          await expect(sql.raw(change).execute(app.db), change).rejects.toThrow(/permission denied|must be owner/);
      }
      await expect(sql`create table mine (n integer)`.execute(app.db)).rejects.toThrow(/permission denied/);
      await expect(sql`set session_replication_role = replica`.execute(app.db)).rejects.toThrow(/permission denied/);
    } finally {
      await app.close();
    }
  } finally {
    await owner.close();
    await drop();
  }
});
