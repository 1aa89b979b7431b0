import { inspectNats } from './bus/nats-connection.ts';
import { NatsBus } from './bus/nats.ts';
import type { Config } from './config.ts';
import { type Database, openDatabase } from './store/database.ts';
import { databaseIdentity } from './store/identity.ts';
import { overduePools } from './store/overdue-pools.ts';
import { packageVersion } from './version.ts';

/** Opens the database that the configuration names, with the bus of those who share it. */
export async function openStore(config: Config): Promise<Database> {
  const applicationName = `pawl ${packageVersion()}`;
  const { database: choice } = config;
  if (choice.kind === 'embedded') return openDatabase({ directory: choice.directory, applicationName });
  return withNats(config, await openDatabase({ url: choice.url, applicationName }));
}

/** NATS carries the wake-ups where there is one, and PostgreSQL while it is away. */
function withNats({ nats }: Config, database: Database): Database {
  if (nats === undefined) return database;
  const bus = new NatsBus({
    nats,
    fallback: database,
    scope: () => databaseIdentity(database),
    overdue: () => overduePools(database),
    name: `pawl ${packageVersion()}`,
  });
  return {
    ...database,
    notify: (channel, payload) => bus.notify(channel, payload),
    listen: (channel, listener) => bus.listen(channel, listener),
    serve: (pool, taker) => bus.serve(pool, taker),
    feed: (events, signal) => bus.feed(events, signal),
    async close() {
      await bus.close();
      await database.close();
    },
  };
}

/** What NATS is, where there is one; throws why it cannot be used. */
export async function inspectBus({ nats }: Config): Promise<string | undefined> {
  if (nats === undefined) return undefined;
  const { version, server } = await inspectNats(nats);
  return `NATS ${version} at ${server}, with JetStream`;
}
