import { expect, test } from 'vitest';
import { inspectBus } from '../../src/app-database.ts';
import { type Openers, runChecks } from '../../src/cli/checks.ts';
import { readConfig } from '../../src/config.ts';
import { startNats } from '../support/nats-server.ts';

const root = new URL('../../example-repo', import.meta.url).pathname;

function openers(bus: Openers['bus']): Openers {
  const away = () => Promise.reject(new Error('not looked at here'));
  return {
    database: away,
    repositories: [away],
    bus,
    server: async () => undefined,
    secrets: async () => ({ variables: [], folders: [], ageKey: undefined, storedKeys: undefined }),
  };
}

async function busCheck(natsUrl: string | undefined) {
  const config = readConfig(root, { DATABASE_URL: 'postgres://a/x', NATS_URL: natsUrl });
  const checks = await runChecks(
    config,
    openers(() => inspectBus(config)),
  );
  return checks.find(({ name }) => name === 'bus');
}

test('doctor says where NATS is, and warns where it cannot be used without showing the login', async () => {
  const nats = await startNats({ name: 'pawl', password: 'hunter2' });
  try {
    expect(await busCheck(`nats://pawl:hunter2@127.0.0.1:${nats.port}`)).toMatchObject({
      state: 'ok',
      detail: expect.stringMatching(/^NATS 2\.\d+\.\d+.* at 127\.0\.0\.1:\d+, with JetStream$/),
    });
    const refused = await busCheck(`nats://pawl:wrong-hunter3@127.0.0.1:${nats.port}`);
    expect(refused).toMatchObject({
      state: 'warning',
      detail: expect.stringMatching(/^bus\.unreachable: .*[Aa]uthorization/),
      help: 'Start nats-server with JetStream (-js); until then PostgreSQL carries the wake-ups.',
    });
    expect(JSON.stringify(refused)).not.toContain('hunter3');
  } finally {
    await nats.close();
  }
  expect(await busCheck('nats://127.0.0.1:1')).toMatchObject({ state: 'warning' });
  expect(await busCheck(undefined)).toBeUndefined();
});
