import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterEach, describe, expect, test } from 'vitest';
import { channels } from '../../src/bus/bus.ts';
import { EmitterBus } from '../../src/bus/emitter.ts';
import { NatsBus } from '../../src/bus/nats.ts';
import { inspectNats } from '../../src/bus/nats-connection.ts';
import { type NatsOptions, readNatsUrl } from '../../src/bus/nats-options.ts';
import { type NatsServer, startNats } from '../support/nats-server.ts';
import { Backlog, TestWorker } from './backlog.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function server(user?: Parameters<typeof startNats>[0]): Promise<NatsServer> {
  const started = await startNats(user);
  closers.push(() => started.close());
  return started;
}

function busOf(url: string, { fallback = new EmitterBus(), overdue = [] as readonly string[] } = {}): NatsBus {
  const bus = new NatsBus({
    nats: optionsOf(url),
    fallback,
    scope: async () => '0123456789ab',
    overdue: async () => overdue,
    name: 'pawl test',
  });
  closers.push(() => bus.close());
  return bus;
}

function optionsOf(url: string): NatsOptions {
  const options = readNatsUrl(url);
  if (options === undefined) throw new Error('no URL');
  return options;
}

async function serving(bus: NatsBus, slots = 1): Promise<Backlog> {
  const backlog = new Backlog();
  const stop = await bus.serve('default', new TestWorker(backlog, slots));
  closers.push(stop);
  return backlog;
}

describe('a server that goes away', () => {
  test('and comes back with an empty store is used again: stream and consumer are made anew', async () => {
    const nats = await server();
    const bus = busOf(nats.url);
    const backlog = await serving(bus);
    backlog.add();
    await bus.notify(channels.ready, 'default');
    await expect.poll(() => backlog.done).toBe(1);

    await nats.crash();
    await nats.wipe();
    await nats.start();
    backlog.add();
    // Until the client is back the wake-up goes the other way, which reaches this process too.
    await expect
      .poll(async () => {
        await bus.notify(channels.ready, 'default');
        return backlog.done;
      })
      .toBe(2);
    const other = busOf(nats.url);
    backlog.add();
    await expect
      .poll(async () => {
        await other.notify(channels.ready, 'default');
        return backlog.done;
      })
      .toBe(3);
  });

  test('and stays away is not waited for: wake-ups go by the fallback, at once', async () => {
    const fallback = new EmitterBus();
    const bus = busOf('nats://127.0.0.1:1', { fallback });
    const backlog = await serving(bus);
    const heard: string[] = [];
    closers.push(await bus.listen(channels.applied, (payload) => void heard.push(payload)));
    backlog.add();
    await bus.notify(channels.ready, 'default');
    await bus.notify(channels.applied, 'production');
    await expect.poll(() => [backlog.done, heard]).toEqual([1, ['production']]);
  });

  test('is found when it comes, by a process that was there first', async () => {
    const nats = await server();
    await nats.crash();
    const bus = busOf(nats.url);
    const heard: string[] = [];
    closers.push(await bus.listen(channels.applied, (payload) => void heard.push(payload)));
    await nats.start();
    const other = busOf(nats.url);
    await expect
      .poll(async () => {
        await other.notify(channels.applied, 'production');
        return heard.includes('production');
      })
      .toBe(true);
  });
});

test('a ticket that was lost is put there again by the sweeper', async () => {
  const nats = await server();
  const backlog = await serving(busOf(nats.url, { overdue: ['default'] }));
  backlog.add();
  await expect.poll(() => backlog.done).toBe(1);
});

test('a ticket that reaches a worker which may not take its run is passed on to one that may', async () => {
  const nats = await server();
  const unable = { looks: 0 };
  const look = async () => {
    unable.looks += 1;
    return 'others' as const;
  };
  const [one, other] = [busOf(nats.url), busOf(nats.url)];
  closers.push(await one.serve('default', { room: async () => undefined, look }));
  await expect
    .poll(async () => {
      await one.notify(channels.ready, 'default');
      return unable.looks;
    })
    .toBeGreaterThan(0);
  const backlog = await serving(other);
  for (let count = 1; count <= 4; count += 1) {
    backlog.add();
    await other.notify(channels.ready, 'default');
    await expect.poll(() => backlog.done, { timeout: 5_000 }).toBe(count);
  }
});

test('tickets that nobody takes do not pile up without bound', async () => {
  const nats = await server();
  const bus = busOf(nats.url);
  await expect
    .poll(async () => {
      await Promise.all(Array.from({ length: 500 }, () => bus.notify(channels.ready, 'default')));
      const connection = await connect({ servers: `127.0.0.1:${nats.port}` });
      try {
        const manager = await jetstreamManager(connection);
        return (await manager.streams.info('PAWL_0123456789AB_RUNS').catch(() => undefined))?.state.messages;
      } finally {
        await connection.close();
      }
    })
    .toBe(1_024);
});

describe('logins', () => {
  test('are taken from the URL, and a wrong one is an error without the password', async () => {
    const nats = await server({ name: 'pawl', password: 'p@ss/word' });
    const right = optionsOf(`nats://pawl:p%40ss%2Fword@127.0.0.1:${nats.port}`);
    expect(await inspectNats(right)).toMatchObject({ version: expect.stringMatching(/^2\./) });
    const wrong = optionsOf(`nats://pawl:hunter2@127.0.0.1:${nats.port}`);
    const failure = await inspectNats(wrong).then(
      () => '',
      (cause: unknown) => String(cause),
    );
    expect(failure).toMatch(/authorization/i);
    expect(failure).not.toContain('hunter2');
  });

  test.each([
    ['nats://a,nats://b:5222', { servers: ['a:4222', 'b:5222'], tls: false }],
    ['tls://s3cret@a', { servers: ['a:4222'], tls: true, login: { kind: 'token', token: 's3cret' } }],
    ['nats://u:p@a', { servers: ['a:4222'], tls: false, login: { kind: 'password', user: 'u', password: 'p' } }],
  ])('%s is read', (url, expected) => {
    expect(readNatsUrl(url)).toEqual(expected);
  });

  test.each(['', 'http://a', 'nats://', 'nats://a,tls://b', 'nats://a/path', 'nats://a?x=1', 'a:4222'])(
    '%s is no URL of NATS',
    (url) => {
      expect(readNatsUrl(url)).toBeUndefined();
    },
  );
});

test('a pool’s name can say nothing to the server but itself', async () => {
  const nats = await server();
  const fallback = new EmitterBus();
  const heard: string[] = [];
  await fallback.listen(channels.ready, (payload) => void heard.push(payload));
  const bus = busOf(nats.url, { fallback });
  for (const pool of ['a.b', '>', '*', 'a b', 'ä']) await bus.notify(channels.ready, pool);
  await expect.poll(() => heard).toEqual(['a.b', '>', '*', 'a b', 'ä']);
});
