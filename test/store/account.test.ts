import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Window } from '../../src/policy/account.ts';
import { type AccountState, type AllotmentState, giveBack, grant } from '../../src/policy/allotment.ts';
import type { Drawer, DrawOrder } from '../../src/run/accounts.ts';
import { drawFromAccounts, giveBackAllotments, readAccounts, readAllotments } from '../../src/store/account.ts';
import type { Database } from '../../src/store/database.ts';
import { databaseKinds, openTestDatabase, type OpenedDatabase } from '../support/databases.ts';
import { bundleOf, environment, install, submit } from '../support/runs.ts';
import { windowEnd, windowStart } from '../support/windows.ts';
import { seeded } from '../support/seeded.ts';

const key = (name: string, window: Window = 'day') => `AgentPolicy/default/${name}#agent-calls-${window} default/clerk`;

function orderOf(account: string, change: Partial<DrawOrder> = {}): DrawOrder {
  const limit = change.limit ?? 10;
  const asked = { unit: 'calls', window: 'day', limit, declared: limit, revision: 1, want: 1, least: 1 } as const;
  return { account, ...asked, known: undefined, used: 0, held: 0, ...change };
}

describe.each(databaseKinds)('accounts on %s', (kind) => {
  let opened: OpenedDatabase;
  let database: Database;
  beforeAll(async () => {
    opened = await openTestDatabase(kind);
    database = opened.database;
    await install(database, bundleOf({ nodes: { a: {} } }));
  });
  afterAll(() => opened.close());

  const drawer = async (): Promise<Drawer> => ({ environment, run: (await submit(database)).id, fence: 0 });
  const draw = async (of: Drawer, orders: readonly DrawOrder[], now?: Date) =>
    drawFromAccounts(database, { ...of, orders, now: now && (() => now) });
  const account = async (id: string, now?: Date) =>
    (await readAccounts(database, environment, now && { now: () => now })).find((row) => row.id.startsWith(id));

  test('a draw makes the account, draws are held against the limit, and what is given back can be drawn again', async () => {
    const spend = key('made');
    const [one, two] = [await drawer(), await drawer()];
    const [first] = (await draw(one, [orderOf(spend, { want: 8, least: 8 })])) ?? [];
    expect(first).toMatchObject({ account: spend, may: 8, free: 8 });
    expect(first?.windowLeftMs).toBeGreaterThan(0);
    expect(await draw(two, [orderOf(spend, { want: 5, least: 3 })])).toMatchObject([{ may: 0, free: 0 }]);
    expect(await draw(two, [orderOf(spend, { want: 5, least: 1 })])).toMatchObject([{ may: 2, free: 2 }]);
    await giveBackAllotments(database, one, new Map([[first?.id ?? '', { used: 3, held: 1 }]]));
    expect(await account(spend)).toMatchObject({ lim: 10, used: 3, drawn: 3 });
    expect(await readAllotments(database, one.run)).toEqual(new Map([[first?.id, 4]]));
    expect(await draw(two, [orderOf(spend, { want: 6, least: 6 })])).toMatchObject([{ may: 6, free: 6 }]);
  });

  test('a worker that lost the run draws and gives back nothing', async () => {
    const spend = key('fenced');
    const of = await drawer();
    await draw(of, [orderOf(spend, { want: 4 })]);
    const lost = { ...of, fence: 7 };
    expect(await draw(lost, [orderOf(spend)])).toBeUndefined();
    await giveBackAllotments(database, lost, new Map());
    expect(await account(spend)).toMatchObject({ used: 0, drawn: 4 });
  });

  test('a window that is over is another account, and what was drawn before stays where it was drawn', async () => {
    const spend = key('window');
    const of = await drawer();
    const [before, after] = [new Date('2026-03-01T23:59:59Z'), new Date('2026-03-02T00:00:00Z')];
    const [old] = (await draw(of, [orderOf(spend, { want: 9, least: 9 })], before)) ?? [];
    expect(old).toMatchObject({ id: `${spend} 2026-03-01T00:00Z`, free: 9, windowLeftMs: 1_000 });
    const known = { known: old?.id, used: 2, held: 7 };
    expect(await draw(of, [orderOf(spend, { want: 9, least: 9, ...known })], after)).toMatchObject([
      { id: `${spend} 2026-03-02T00:00Z`, may: 9, free: 9 },
    ]);
    await giveBackAllotments(database, of, new Map([[old?.id ?? '', { used: 9, held: 0 }]]));
    expect(await account(spend, before)).toMatchObject({ used: 9, drawn: 0 });
    expect(await account(spend, after)).toMatchObject({ id: `${spend} 2026-03-02T00:00Z`, used: 0, drawn: 0 });
  });

  test('windows are those of the calendar in UTC', async () => {
    const of = await drawer();
    const times = ['2026-02-28T23:59:59.500Z', '2026-03-01T00:00:00Z', '2024-02-29T12:30:00Z', '2026-12-31T23:00:00Z'];
    for (const at of times.map((time) => new Date(time))) {
      for (const window of ['hour', 'day', 'week', 'month'] as const) {
        const start = windowStart(window, at);
        const id = `${key('calendar', window)} ${start.toISOString().slice(0, 16)}Z`;
        const windowLeftMs = windowEnd(window, start).getTime() - at.getTime();
        expect(await draw(of, [orderOf(key('calendar', window), { window })], at)).toMatchObject([
          { id, windowLeftMs },
        ]);
      }
    }
  });

  test('the limit that is shown is that of the newest revision that drew; each draw is held against its own', async () => {
    const spend = key('limits');
    const of = await drawer();
    await draw(of, [orderOf(spend, { limit: 3, declared: 20, revision: 4 })]);
    await draw(of, [orderOf(spend, { limit: 3, declared: 3, revision: 3, want: 3, least: 3 })]);
    expect(await account(spend)).toMatchObject({ lim: 20, drawn: 3 });
    expect(await draw(await drawer(), [orderOf(spend, { limit: 3, revision: 4, declared: 20 })])).toMatchObject([
      { free: 0 },
    ]);
    expect(await draw(await drawer(), [orderOf(spend, { limit: 20, revision: 4, declared: 20 })])).toMatchObject([
      { free: 1 },
    ]);
  });

  test('whatever is drawn and given back, the rows are what the arithmetic says', async () => {
    const random = seeded(20_261_121);
    const spend = key('model');
    const runs = await Promise.all([drawer(), drawer(), drawer()]);
    const id = `${spend} 2026-03-01T00:00Z`;
    const now = new Date('2026-03-01T10:00:00Z');
    let state: AccountState = { used: 0, drawn: 0 };
    const allotments = runs.map((): AllotmentState => ({ drawn: 0, used: 0 }));
    for (let round = 0; round < 60; round += 1) {
      const at = Math.floor(random() * runs.length);
      const [run, allotment] = [runs[at], allotments[at]];
      if (run === undefined || allotment === undefined) continue;
      const known = (await readAllotments(database, run.run)).size === 0 ? undefined : id;
      const used = Math.floor(random() * 1.1 * allotment.drawn);
      const held = Math.floor(random() * Math.max(0, allotment.drawn - used));
      if (random() < 0.3) {
        ({ account: state, allotment: allotments[at] = allotment } = giveBack(state, allotment, { used, held }));
        await giveBackAllotments(database, run, new Map([[id, { used, held }]]));
      } else {
        const want = 1 + Math.floor(random() * 300);
        const figures = { limit: 5_000, used, held, want, least: Math.ceil(want / 3) };
        const granted = grant(state, allotment, figures);
        const told = known === undefined ? { ...figures, used: allotment.used, held: 0 } : figures;
        expect(await draw(run, [orderOf(spend, { ...told, known })], now)).toMatchObject([{ id, free: granted.free }]);
        state = granted.account;
        allotments[at] = granted.allotment;
      }
      expect(await account(spend, now)).toMatchObject(state);
      expect(await readAllotments(database, run.run)).toEqual(new Map([[id, allotments[at]?.drawn]]));
    }
  });

  test('several accounts are drawn from at once, and those with too little give nothing to be used', async () => {
    const [full, empty] = [key('a'), key('b')];
    await draw(await drawer(), [orderOf(empty, { want: 10, least: 10 })]);
    const drawn = await draw(await drawer(), [orderOf(full, { want: 2 }), orderOf(empty)]);
    expect(drawn?.map(({ account: of, free }) => [of, free])).toEqual([
      [full, 2],
      [empty, 0],
    ]);
  });
});
