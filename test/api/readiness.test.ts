import { expect, onTestFinished, test } from 'vitest';
import { startServer } from '../../src/api/server.ts';
import { createLog } from '../../src/log.ts';
import { openDatabase } from '../../src/store/database.ts';
import { assertSchema } from '../../src/store/migrate.ts';
import { startServer as startPostgres } from '../support/postgres.ts';
import { migrate } from '../../src/store/migrate.ts';
import { recordingOperations } from './answers.ts';
import { identify, send } from './fixture.ts';

test('a server whose database is away is alive and not ready, says why without an address, and is ready again', async () => {
  const postgres = await startPostgres();
  onTestFinished(() => postgres.close());
  const database = await openDatabase({ url: postgres.url, connectMs: 200 });
  onTestFinished(() => database.close());
  await migrate(database);
  const server = await startServer({
    operations: () => recordingOperations([]),
    identify,
    version: '0.1.0',
    log: createLog('silent'),
    ready: () => assertSchema(database.db),
    port: 0,
  });
  onTestFinished(() => server.close());
  expect((await send(server.address, '/readyz')).status).toBe(200);
  await postgres.stop();
  const red = await send(server.address, '/readyz');
  expect(red.status).toBe(503);
  expect(JSON.parse(red.body)).toMatchObject({ code: 'store.unavailable' });
  expect(red.body).not.toContain(new URL(postgres.url).password);
  expect((await send(server.address, '/healthz')).status).toBe(200);
  await postgres.start();
  expect((await send(server.address, '/readyz')).status).toBe(200);
});
