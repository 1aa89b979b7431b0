import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BundleMemory } from '../../src/manifest/bundle-memory.ts';
import { memoriesOn } from '../../src/memory/memories.ts';
import type { Exchange, LongTerm, Memory } from '../../src/memory/memory.ts';
import { ProcessMemories } from '../../src/memory/process-memory.ts';
import { followMemories } from '../../src/store/memory.ts';
import { sweepMemories } from '../../src/store/memory-sweep.ts';
import { databaseKinds, type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { canarySecrets } from '../tools/fixture.ts';

const settings: BundleMemory = {
  type: 'postgres',
  session: { ttlMs: 60_000, maxMessages: 6 },
  longTerm: { topK: 5 },
};
/** Where nothing is asked of any service. */
const nowhere = { secrets: canarySecrets(), signal: new AbortController().signal };
const ada = { agent: 'support/triage', session: 'ticket-1' };

function exchange(number: number, options: Partial<Exchange> = {}): Exchange {
  const messages = [
    { role: 'user', text: `question ${number}` },
    { role: 'assistant', text: `answer ${number}` },
  ] as const;
  return { run: randomUUID(), place: 'triage', messages, ttlMs: 60_000, maxMessages: 6, ...options };
}

async function texts(memory: Memory, limit = 50, session = ada): Promise<readonly string[]> {
  return (await memory.history(session, limit)).map(({ text }) => text);
}

interface Place {
  readonly open: (name?: string, environment?: string) => Memory;
  /** Makes a session of ticket-1 as old as its time. */
  readonly expire: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const places: Readonly<Record<string, () => Promise<Place>>> = {
  process: async () => {
    let now = 0;
    const memories = new ProcessMemories(() => now);
    return {
      open: (memory = 'support/notes', environment = 'production') => memories.open({ environment, memory }),
      expire: async () => void (now += 60_000),
      close: async () => undefined,
    };
  },
  ...Object.fromEntries(databaseKinds.map((kind) => [kind, () => inDatabase(kind)])),
};

async function inDatabase(kind: (typeof databaseKinds)[number]): Promise<Place> {
  const opened = await openTestDatabase(kind);
  await environments(opened);
  return {
    open: (memory = 'support/notes', environment = 'production') =>
      memoriesOn(opened.database).open({ environment, memory }, settings, nowhere),
    expire: async () => {
      await sql`update memory_session set expires_at = now() where session = 'ticket-1'`.execute(opened.database.db);
    },
    close: opened.close,
  };
}

async function environments({ database }: OpenedDatabase): Promise<void> {
  const rows = ['production', 'staging'].map((name) => ({ name, root: '' }));
  await database.db.insertInto('environment').values(rows).execute();
}

describe.each(Object.keys(places))('sessions in the %s', (kind) => {
  let place: Place;
  beforeAll(async () => {
    const make = places[kind];
    if (make === undefined) throw new Error(`no place ${kind}`);
    place = await make();
  });
  afterAll(() => place.close());

  test('keep what was said, in its order, and no more than the most', async () => {
    const memory = place.open('support/order');
    for (const number of [1, 2, 3, 4]) await memory.append(ada, exchange(number));
    expect(await texts(memory)).toEqual(['question 2', 'answer 2', 'question 3', 'answer 3', 'question 4', 'answer 4']);
    expect(await texts(memory, 3)).toEqual(['answer 3', 'question 4', 'answer 4']);
    expect(await texts(memory, 0)).toEqual([]);
  });

  test('keep an exchange once, however often its step is taken up', async () => {
    const memory = place.open('support/once');
    const said = exchange(1);
    await memory.append(ada, said);
    await memory.append(ada, exchange(2));
    await Promise.all([memory.append(ada, said), memory.append(ada, said)]);
    expect(await texts(memory)).toEqual(['question 1', 'answer 1', 'question 2', 'answer 2']);
  });

  test('of two runs at once stand one after the other', async () => {
    const memory = place.open('support/beside');
    await Promise.all([1, 2, 3].map((number) => memory.append(ada, exchange(number))));
    const all = await texts(memory);
    expect(all).toHaveLength(6);
    for (const at of [0, 2, 4]) expect(all[at + 1]).toBe(all[at]?.replace('question', 'answer'));
  });

  test('are none of another agent, session, memory or environment', async () => {
    const memory = place.open('support/mine');
    await memory.append(ada, exchange(1));
    expect(await texts(memory, 9, { ...ada, agent: 'support/other' })).toEqual([]);
    expect(await texts(memory, 9, { ...ada, session: 'ticket-2' })).toEqual([]);
    expect(await texts(place.open('support/yours'))).toEqual([]);
    expect(await texts(place.open('support/mine', 'staging'))).toEqual([]);
    expect(await texts(memory)).toHaveLength(2);
  });

  test('hold any text, and begin anew once their time is over', async () => {
    const memory = place.open();
    await memory.append(ada, exchange(1, { messages: [{ role: 'user', text: 'a\u0000b \ud83d\ude00 \ud800' }] }));
    expect(await texts(memory)).toEqual(['a\u0000b \ud83d\ude00 \ud800']);
    await place.expire();
    expect(await texts(memory)).toEqual([]);
    await memory.append(ada, exchange(2));
    expect(await texts(memory)).toEqual(['question 2', 'answer 2']);
  });
});

describe.each(databaseKinds)('the long term in the %s database', (kind) => {
  let opened: OpenedDatabase;
  beforeAll(async () => {
    opened = await openTestDatabase(kind);
    await environments(opened);
  });
  afterAll(() => opened.close());

  function open(
    memory: string,
    longTerm: Partial<NonNullable<BundleMemory['longTerm']>> = {},
    environment = 'production',
  ): LongTerm {
    const config = { ...settings, longTerm: { topK: 5, ...longTerm } };
    const found = memoriesOn(opened.database).open({ environment, memory }, config, nowhere).longTerm;
    if (found === undefined) throw new Error('it has a long term');
    return found;
  }

  function note(key: string, text: string, call: string = randomUUID()) {
    const chunks = [{ value: text, text }];
    return { key, chunks, call, writtenBy: 'Agent/support/triage', run: randomUUID() };
  }

  test('gives back what was written last, and who wrote it', async () => {
    const memory = open('support/a');
    expect(await memory.read('ada')).toBeUndefined();
    await memory.write(note('ada', 'likes tea'));
    await memory.write(note('ada', 'likes coffee'));
    expect(await memory.read('ada')).toMatchObject({ value: 'likes coffee', writtenBy: 'Agent/support/triage' });
  });

  test('writes once for one call, even where another has written since', async () => {
    const memory = open('support/b');
    await memory.write(note('ada', 'old', 'call-1'));
    await memory.write(note('ada', 'new', 'call-2'));
    await memory.write(note('ada', 'old', 'call-1'));
    expect(await memory.read('ada')).toMatchObject({ value: 'new' });
  });

  test('keeps a document in parts, and forgets the parts of a longer one', async () => {
    const memory = open('support/c');
    const parts = (...all: string[]) => all.map((text) => ({ value: text, text }));
    await memory.write({ ...note('manual', ''), chunks: parts('one ', 'two ', 'three') });
    expect(await memory.read('manual')).toMatchObject({ value: 'one two three' });
    await memory.write({ ...note('manual', ''), chunks: parts('four ', 'five') });
    expect(await memory.read('manual')).toMatchObject({ value: 'four five' });
  });

  test('finds by any word, with more of them first, whatever the words hold', async () => {
    const memory = open('support/d');
    await memory.write(note('refund', 'A refund takes five working days.'));
    await memory.write(note('invoice', 'An invoice is sent by mail within days.'));
    await memory.write(note('login', 'Passwords are reset by link.'));
    const found = async (text: string) => (await memory.search({ text, topK: 5 })).map(({ key }) => key);
    expect(await found('how many working days does a refund take?')).toEqual(['refund', 'invoice']);
    expect(await found("o'neill \\ ' | & ! :* <-> link")).toEqual(['login']);
    expect(await found('?!')).toEqual([]);
    expect((await memory.search({ text: 'days', topK: 1 })).length).toBe(1);
  });

  test('lists keys by their beginning, in order, page by page', async () => {
    const memory = open('support/e');
    for (const key of ['b/2', 'a/1', 'b/1', 'b%x', 'B/0']) await memory.write(note(key, key));
    const keys = async (prefix: string, after = '', limit = 10) =>
      (await memory.list({ prefix, after, limit })).map(({ key }) => key);
    expect(await keys('')).toEqual(['B/0', 'a/1', 'b%x', 'b/1', 'b/2']);
    expect(await keys('b/')).toEqual(['b/1', 'b/2']);
    expect(await keys('', 'a/1', 2)).toEqual(['b%x', 'b/1']);
  });

  test('is none of another memory or environment', async () => {
    await open('support/f').write(note('ada', 'secret of f'));
    for (const other of [open('support/g'), open('support/f', {}, 'staging')]) {
      expect(await other.read('ada')).toBeUndefined();
      expect(await other.search({ text: 'secret', topK: 5 })).toEqual([]);
      expect(await other.list({ prefix: '', after: '', limit: 5 })).toEqual([]);
    }
  });

  test('gives nothing that is past its time, and is swept of it', async () => {
    const memory = open('support/h', { ttlMs: 60_000 });
    await memory.write(note('ada', 'for a minute'));
    expect(await memory.read('ada')).toBeDefined();
    await sql`update memory_entry set expires_at = now() where key = 'ada' and expires_at is not null`.execute(
      opened.database.db,
    );
    expect(await memory.read('ada')).toBeUndefined();
    expect(await memory.search({ text: 'minute', topK: 5 })).toEqual([]);
    await sweepMemories(opened.database);
    const { rows } = await sql`select 1 from memory_entry where expires_at <= now()`.execute(opened.database.db);
    expect(rows).toEqual([]);
  });

  test('follows a Memory that moves, also where two change names, and a new one of the old name is empty', async () => {
    const { db } = opened.database;
    await open('move/a').write(note('is', 'a'));
    await open('move/b').write(note('is', 'b'));
    const moved = [
      { from: 'move/a', to: 'move/b' },
      { from: 'move/b', to: 'move/a' },
    ];
    await followMemories(db, 'production', { moved, kept: [], removed: [] });
    expect([await open('move/a').read('is'), await open('move/b').read('is')]).toMatchObject([
      { value: 'b' },
      { value: 'a' },
    ]);
    await followMemories(db, 'production', { moved: [{ from: 'move/a', to: 'move/c' }], kept: [], removed: [] });
    // A run that began before goes on with it under its old name, until the name is another's.
    expect(await open('move/a').read('is')).toMatchObject({ value: 'b' });
    await followMemories(db, 'production', { moved: [], kept: ['move/a'], removed: [] });
    expect(await open('move/a').read('is')).toBeUndefined();
    expect(await open('move/c').read('is')).toMatchObject({ value: 'b' });
  });

  test('lets sessions go with their agent, also where two change names', async () => {
    const { database } = opened;
    const memory = memoriesOn(database).open({ environment: 'production', memory: 'move/d' }, settings, nowhere);
    const said = (agent: string) => texts(memory, 9, { agent, session: 's' });
    for (const [number, agent] of ['ns/a', 'ns/b', 'ns/c'].entries())
      await memory.append({ agent, session: 's' }, exchange(number));
    const agents = [
      { from: 'ns/a', to: 'ns/b' },
      { from: 'ns/b', to: 'ns/c' },
    ];
    await followMemories(database.db, 'production', { moved: [], kept: [], removed: [], agents });
    expect([await said('ns/a'), (await said('ns/b'))[0], (await said('ns/c'))[0]]).toEqual([
      [],
      'question 0',
      'question 1',
    ]);
  });

  test('keeps what a removed Memory held for thirty days, and gives it back if it returns', async () => {
    const { db } = opened.database;
    await open('gone/a').write(note('is', 'a'));
    await followMemories(db, 'production', { moved: [], kept: [], removed: ['gone/a'] });
    await sweepMemories(opened.database);
    await followMemories(db, 'production', { moved: [], kept: ['gone/a'], removed: [] });
    expect(await open('gone/a').read('is')).toMatchObject({ value: 'a' });
    await followMemories(db, 'production', { moved: [], kept: [], removed: ['gone/a'] });
    await sql`update memory set removed_at = now() - interval '31 days' where path = 'gone/a'`.execute(db);
    await sweepMemories(opened.database);
    const { rows } = await sql<{ path: string }>`select path from memory`.execute(db);
    const paths = rows.map(({ path }) => path);
    expect(paths).not.toContain('gone/a');
  });
});
