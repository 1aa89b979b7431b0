import { openStore } from './app-database.ts';
import type { Service } from './cli/app-port.ts';
import { type Closers, opening } from './closers.ts';
import type { Config } from './config.ts';
import type { Database } from './store/database.ts';
import { assertSchema } from './store/migrate.ts';

/** One part against PostgreSQL, which others share. */
export async function alone(
  config: Config,
  start: (database: Database, stack: Closers) => Promise<{ readonly ended: Promise<void> }>,
): Promise<Service> {
  return opening(async (stack) => {
    const database = await openStore(config);
    stack.add(() => database.close());
    await assertSchema(database.db);
    const { ended } = await start(database, stack);
    return { ended, stop: () => stack.close() };
  });
}

/** A part that ends only when it is stopped. */
export function forever(): Promise<void> {
  return new Promise(() => undefined);
}
