import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Bus, channels } from '../../src/bus/bus.ts';
import { EmitterBus } from '../../src/bus/emitter.ts';
import { NatsBus } from '../../src/bus/nats.ts';
import { readNatsUrl } from '../../src/bus/nats-options.ts';
import { serve } from '../../src/bus/serve.ts';
import { openDatabase } from '../../src/store/database.ts';
import { type NatsServer, startNats } from '../support/nats-server.ts';
import { createDatabase } from '../support/postgres.ts';
import { Backlog, TestWorker } from './backlog.ts';

/** Two processes' ends of one bus. */
interface Pair {
  readonly one: Bus;
  readonly other: Bus;
  close(): Promise<void>;
}

let nats: NatsServer;
beforeAll(async () => {
  nats = await startNats();
});
afterAll(() => nats.close());

const openers: Readonly<Record<string, () => Promise<Pair>>> = {
  async 'in one process'() {
    const bus = new EmitterBus();
    return { one: bus, other: bus, close: async () => undefined };
  },
  async 'PostgreSQL alone'() {
    const { url, drop } = await createDatabase();
    const [one, other] = await Promise.all([openDatabase({ url }), openDatabase({ url })]);
    return {
      one,
      other,
      async close() {
        await Promise.all([one.close(), other.close()]);
        await drop();
      },
    };
  },
  async NATS() {
    const open = natsOf(nats, randomBytes(6).toString('hex'));
    const [one, other] = [open(), open()];
    return { one, other, close: async () => void (await Promise.all([one.close(), other.close()])) };
  },
};

/** Its fallback reaches nobody, so that what is heard came by NATS. */
function natsOf(server: NatsServer, scope: string): () => NatsBus {
  const options = readNatsUrl(server.url);
  if (options === undefined) throw new Error('the test server has no URL');
  return () =>
    new NatsBus({
      nats: options,
      fallback: new EmitterBus(),
      scope: async () => scope,
      overdue: async () => [],
      name: 'pawl test',
    });
}

describe.each(Object.keys(openers))('%s', (kind) => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await (openers[kind] ?? openers['NATS'] ?? (() => Promise.reject(new Error(kind))))();
  });
  afterAll(() => pair.close());

  test('a wake-up of another process is heard by everybody, with its payload', async () => {
    const heard: string[][] = [[], []];
    const stops = await Promise.all(
      [pair.one, pair.other].map((bus, index) =>
        bus.listen(channels.applied, (payload) => void heard[index]?.push(payload)),
      ),
    );
    // Who has only begun to listen may miss what is sent; it is heard at the latest when it is sent again.
    await expect
      .poll(async () => {
        await pair.one.notify(channels.applied, 'production');
        return heard.every((payloads) => payloads.includes('production'));
      })
      .toBe(true);
    for (const stop of stops) await stop();
  });

  test('who stopped listening hears nothing more', async () => {
    const heard: string[] = [];
    let last = false;
    const stop = await pair.other.listen(channels.acknowledged, (payload) => void heard.push(payload));
    const stopLast = await pair.other.listen(channels.applied, () => {
      last = true;
    });
    await stop();
    await pair.one.notify(channels.acknowledged, 'never');
    await expect
      .poll(async () => {
        await pair.one.notify(channels.applied, '');
        return last;
      })
      .toBe(true);
    await stopLast();
    expect(heard.filter((payload) => payload === 'never')).toEqual([]);
  });

  test('a pool’s runs reach its workers, each once, however many are offered and whoever offers them', async () => {
    const backlog = new Backlog();
    const workers = [new TestWorker(backlog, 2), new TestWorker(backlog, 3)];
    const stops = [await serve(pair.one, 'default', workers[0] as TestWorker)];
    stops.push(await serve(pair.other, 'default', workers[1] as TestWorker));
    for (let index = 0; index < 40; index += 1) {
      backlog.add();
      await (index % 2 === 0 ? pair.one : pair.other).notify(channels.ready, 'default');
    }
    await expect.poll(() => backlog.done).toBe(40);
    for (const stop of stops) await stop();
    expect(backlog.taken).toBe(40);
  });

  test('a worker hears nothing of another pool’s runs', async () => {
    const [mine, others] = [new Backlog(), new Backlog()];
    const stop = await serve(pair.one, 'gpu', new TestWorker(mine, 1));
    const stopOther = await serve(pair.other, 'default', new TestWorker(others, 1));
    others.add();
    await pair.one.notify(channels.ready, 'default');
    await expect.poll(() => others.done).toBe(1);
    const before = mine.looks;
    others.add();
    await pair.one.notify(channels.ready, 'default');
    await expect.poll(() => others.done).toBe(2);
    expect(mine.looks).toBe(before);
    await stop();
    await stopOther();
  });
});
