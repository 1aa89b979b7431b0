import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { runEvents } from '../../src/api/local-event.ts';
import type { RunEvent } from '../../src/api/operations-run.ts';
import type { Bus } from '../../src/bus/bus.ts';
import { NatsBus } from '../../src/bus/nats.ts';
import { readNatsUrl } from '../../src/bus/nats-options.ts';
import type { Bundle, BundleNode } from '../../src/manifest/bundle.ts';
import type { JsonObject } from '../../src/manifest/json.ts';
import { schemaCompiler } from '../../src/policy/schema.ts';
import { EventRelay } from '../../src/run/event-relay.ts';
import { readQuestions, writeAnswer } from '../../src/store/answer.ts';
import { readRunEventFeed, readRunEvents, sweepRunEvents, switchRunEvents } from '../../src/store/run-event.ts';
import { type NatsServer, startNats } from '../support/nats-server.ts';
import { type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { bundleOf, environment, eventually, install, silent, submit, until, withWorker } from '../support/runs.ts';

let nats: NatsServer;
beforeAll(async () => {
  nats = await startNats();
});
afterAll(() => nats.close());

const scope = '0123456789ab';

function natsBus(fallback: Bus): NatsBus {
  const options = readNatsUrl(nats.url);
  if (options === undefined) throw new Error('the test server has no URL');
  return new NatsBus({ nats: options, fallback, scope: async () => scope, overdue: async () => [], name: 'pawl test' });
}

/** All that the stream holds, in its order. */
async function streamed(count: number): Promise<readonly RunEvent[]> {
  const connection = await connect({ servers: nats.url });
  try {
    const consumer = await jetstream(connection).consumers.get(`PAWL_${scope.toUpperCase()}_EVENTS`);
    const messages = await consumer.fetch({ max_messages: count, expires: 5_000 });
    const events: RunEvent[] = [];
    for await (const message of messages) events.push(message.json<RunEvent>());
    return events;
  } finally {
    await connection.close();
  }
}

/** A person is asked, and what they say is echoed. */
function asking(): Bundle {
  const base = bundleOf({ nodes: { ask: {} } });
  const form = { type: 'object', properties: { size: { type: 'integer' } } } as const;
  const nodes: Record<string, BundleNode> = {
    ask: {
      kind: 'human',
      human: { assignees: { groups: [], users: ['ada'] }, form, ttlMs: 600_000 },
      edges: [{ to: 'tell', default: false }],
      from: [],
    },
    tell: {
      kind: 'tool',
      tool: 'default/echo',
      input: { size: '${ nodes.ask.output.size }' },
      edges: [],
      from: ['ask'],
    },
  };
  return { ...base, nodes, entries: ['ask'] };
}

function byRun(events: readonly RunEvent[]): ReadonlyMap<string, readonly string[]> {
  const runs = new Map<string, string[]>();
  for (const { run, event } of events) runs.set(run, [...(runs.get(run) ?? []), event]);
  return runs;
}

describe.each(['in one process', 'PostgreSQL alone', 'NATS'] as const)('%s', (kind) => {
  let opened: OpenedDatabase;
  let bus: Bus;
  const relays: EventRelay[] = [];
  const closers: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    opened = await openTestDatabase(kind === 'in one process' ? 'embedded' : 'postgres');
    bus = opened.database;
    if (kind === 'NATS') {
      const own = natsBus(opened.database);
      closers.push(() => own.close());
      bus = own;
    }
    const options = { database: opened.database, bus, log: silent };
    relays.push(new EventRelay(options), new EventRelay(options));
  });
  afterAll(async () => {
    for (const relay of relays) await relay.stop();
    for (const close of closers) await close();
    await opened.close();
  });

  test('a run leaves nothing while events are off, and is told of from its submission to its end while they are on', async () => {
    const { database } = opened;
    const [relay] = relays;
    await install(database, asking());
    const asked = { environment, limit: 50, waitMs: 0 };
    await expect(runEvents(database, asked)).rejects.toMatchObject({
      code: 'event.off',
      help: expect.stringContaining('--events on'),
    });
    await withWorker(database, async () => {
      const unseen = await submit(database);
      await until(database, unseen.id, 'Waiting');
      expect(await switchRunEvents(database, true)).toBe(true);
      expect(await switchRunEvents(database, true)).toBe(false);

      const { id: run } = await submit(database);
      await until(database, run, 'Waiting');
      await eventually(async () => (await readQuestions(database, run)).at(0));
      const answer = {
        run,
        path: 'ask/human',
        as: 'filled',
        by: 'ada',
        key: 'ada',
        output: { size: 3 },
        min: 1,
      } as const;
      expect(await writeAnswer(database, answer)).toBe('decided');
      await database.notify('pawl_ready', 'default');
      await until(database, run);
      await relay?.tick();

      const { events, after } = await runEvents(database, { ...asked, run });
      const words = events.map(({ event }) => event);
      expect(words.slice(0, 2)).toEqual(['run.submitted', 'run.running']);
      // One statement may write both: within it there is no order.
      expect(new Set(words.slice(2, 4))).toEqual(new Set(['wait.opened', 'run.waiting']));
      expect(new Set(words.slice(4, 6))).toEqual(new Set(['wait.resolved', 'run.queued']));
      expect(words.slice(6)).toEqual(['run.running', 'run.succeeded']);
      expect(events.find(({ event }) => event === 'wait.resolved')?.detail).toEqual({
        path: 'ask/human',
        kind: 'human',
        as: 'filled',
        by: 'ada',
      });
      expect(after).toBe(events.at(-1)?.position);
      const schema = JSON.parse(await readFile('schemas/output/run-event.schema.json', 'utf8')) as JsonObject;
      for (const event of events)
        expect(schemaCompiler().compile(schema)(event as unknown as JsonObject)).toEqual({ kind: 'valid' });
      // What was there before is told of from now on alone.
      const others = await runEvents(database, { ...asked, run: unseen.id });
      expect(others.events).toEqual([]);
      expect((await runEvents(database, { ...asked, namespaces: ['billing'] })).events).toEqual([]);
    });
  });

  test('with two relays and many runs at once, a follower is woken and reads each event once, those of a run in order', async () => {
    const { database } = opened;
    await install(database, bundleOf({ nodes: { a: { to: ['b'] }, b: {} } }));
    for (const relay of relays) relay.start();
    let { after } = await runEvents(database, { environment, limit: 1, waitMs: 0 });
    const runs = new Set<string>();
    const read: RunEvent[] = [];
    await withWorker(database, async () => {
      for (let index = 0; index < 40; index += 1) runs.add((await submit(database)).id);
      while (read.length < 3 * runs.size) {
        const answer = await runEvents(database, { environment, after, limit: 25, waitMs: 20_000 });
        expect(answer.events.length).toBeGreaterThan(0);
        read.push(...answer.events.filter(({ run }) => runs.has(run)));
        after = answer.after;
      }
    });
    const told = byRun(read);
    expect(told.size).toBe(runs.size);
    for (const words of told.values()) expect(words).toEqual(['run.submitted', 'run.running', 'run.succeeded']);
    expect(read.map(({ position }) => position)).toEqual(
      [...new Set(read.map(({ position }) => position))].sort((a, b) => a - b),
    );
    if (kind !== 'NATS') return;

    const { position } = await eventually(async () => {
      const feed = await readRunEventFeed(database.db);
      return feed.published === feed.position ? feed : undefined;
    });
    const all = await streamed(position);
    const rows = await readRunEvents(database.db, { environment, after: 0, limit: 10_000 });
    expect(all.map((event) => event.position)).toEqual(rows.map((row) => row.position));
  });

  test('what is old is removed, and whoever would go on from it is told', async () => {
    const { database } = opened;
    const { position } = await readRunEventFeed(database.db);
    await sweepRunEvents(database.db, 0, 5);
    const { removed } = await readRunEventFeed(database.db);
    expect([removed < position, removed > 0]).toEqual([true, true]);
    await expect(runEvents(database, { environment, after: 0, limit: 5, waitMs: 0 })).rejects.toMatchObject({
      code: 'event.removed',
      message: `The events after 0 are kept no longer; the oldest that is comes after ${removed}.`,
    });
    const { events } = await runEvents(database, { environment, after: removed, limit: 5, waitMs: 0 });
    expect(events.length).toBe(5);
  });
});

test('a stream whose store was wiped is made anew and told all that is kept; what is given twice is held once', async () => {
  const opened = await openTestDatabase('postgres');
  const bus = natsBus(opened.database);
  const { database } = opened;
  const relay = new EventRelay({ database, bus, log: silent });
  try {
    await install(database, bundleOf({ nodes: { a: {} } }));
    await switchRunEvents(database, true);
    await nats.crash();
    await nats.wipe();
    await submit(database);
    // Nobody is there to take it: it is owed.
    await relay.tick();
    expect((await readRunEventFeed(database.db)).published).toBe(0);
    await nats.start();
    const caughtUp = () =>
      eventually(async () => {
        await relay.tick();
        const { published, position } = await readRunEventFeed(database.db);
        return published === position ? position : undefined;
      });
    expect(await caughtUp()).toBe(1);
    // As if the process had died before it wrote down how far it was.
    await database.db.updateTable('run_event_feed').set({ published: 0 }).execute();
    await submit(database);
    expect(await caughtUp()).toBe(2);
    expect((await streamed(2)).map(({ position }) => position)).toEqual([1, 2]);

    await nats.crash();
    await nats.wipe();
    await nats.start();
    await submit(database);
    expect(await caughtUp()).toBe(3);
    expect((await streamed(3)).map(({ position }) => position)).toEqual([1, 2, 3]);
  } finally {
    await relay.stop();
    await bus.close();
    await opened.close();
  }
});
