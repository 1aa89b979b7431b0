import { Writable } from 'node:stream';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exportCommand } from '../../src/cli/audit.ts';
import type { App } from '../../src/cli/app-port.ts';
import { createTerminal } from '../../src/cli/terminal.ts';
import { exportAudit } from '../../src/controller/audit.ts';
import { verifyAudit } from '../../src/controller/audit-verify.ts';
import { recordRefusal } from '../../src/store/api-token.ts';
import { foldAudit } from '../../src/store/audit-fold.ts';
import { type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { environment } from '../support/runs.ts';

let opened: OpenedDatabase;
const events = 10_000;

beforeAll(async () => {
  opened = await openTestDatabase('embedded');
  const { database } = opened;
  await sql`insert into event (environment, actor, action, detail)
    select ${environment}, 'ada', 'halt.set', json_build_object('number', n) from generate_series(1, ${events}::int) n
  `.execute(database.db);
  await recordRefusal(database, { source: '192.0.2.7', reason: 'token.unknown', refused: 3 });
  while (await foldAudit(database)) {
    // Until nothing is left.
  }
});
afterAll(() => opened.close());

/** What a command writes to somebody who reads slowly, and how much of it stood in memory at worst. */
async function exported(options: { readonly installation?: boolean }) {
  const texts: string[] = [];
  let [heldMax, pages] = [0, 0];
  const stdout = new Writable({
    highWaterMark: 16_384,
    write(chunk: Buffer, _encoding, done) {
      texts.push(chunk.toString('utf8'));
      setImmediate(done);
    },
  });
  const operations = {
    async exportAudit(request: Parameters<typeof exportAudit>[1]) {
      pages += 1;
      heldMax = Math.max(heldMax, stdout.writableLength);
      return exportAudit(opened.database, request);
    },
  };
  const door = { operations, close: () => Promise.resolve() };
  // The one operation that the command asks, and how it gets there.
  const app = { open: () => Promise.resolve(door) } as unknown as App;
  const settings = { noColor: false, forceColor: false, dumb: false, utf8: true, columns: undefined, debug: false };
  const streams = { stdin: process.stdin, stdout, stderr: stdout };
  const terminal = createTerminal(streams, { settings, choice: 'never', quiet: true });
  const { signal } = new AbortController();
  const context = { terminal, signal, cwd: '/', app: () => Promise.resolve(app) };
  const exit = await exportCommand(context as unknown as Parameters<typeof exportCommand>[0], {
    env: environment,
    ...options,
  });
  const lines = texts.join('').trimEnd().split('\n');
  return { exit, heldMax, pages, lines: lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

test('a long record is exported in full and in order, a page at a time, as fast as somebody reads it', async () => {
  const { exit, heldMax, pages, lines } = await exported({});
  expect([exit, lines.length, pages]).toEqual([0, events, 6]);
  const numbers = lines.map(({ cursor, detail }) => [cursor, (detail as { readonly number: number }).number]);
  expect(numbers).toEqual(Array.from({ length: events }, (_, at) => [at + 1, at + 1]));
  expect(heldMax, 'no page is asked for while the one before it is not read').toBe(0);
});

test('what is of no environment has a chain of its own, which is exported and verified with the others', async () => {
  const { lines } = await exported({ installation: true });
  const detail = { source: '192.0.2.7', reason: 'token.unknown', refused: 3 };
  expect(lines).toMatchObject([{ cursor: 1, environment: '', event: 'person', action: 'door.refused', detail }]);
  const verify = async () => (await verifyAudit(opened.database, { anchors: [] })).break;
  expect(await verify()).toBeUndefined();
  const { db } = opened.database;
  await sql`alter table event disable trigger user`.execute(db);
  await sql`update event set detail = '{"refused": 1}' where environment = ''`.execute(db);
  expect(await verify()).toMatchObject({ chain: 'environment', environment: '', seq: 1, fault: 'edited' });
});
