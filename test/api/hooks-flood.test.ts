import { pino } from 'pino';
import { expect, test } from 'vitest';
import { startServer } from '../../src/api/server.ts';
import { recordingOperations } from './answers.ts';
import { identify } from './fixture.ts';

test('a flood from one address is held back, and others are not', async () => {
  const server = await startServer({
    operations: () => recordingOperations([]),
    identify,
    version: '0',
    log: pino({ level: 'silent' }),
    ready: () => Promise.resolve(),
    hooks: () => Promise.resolve({ status: 'filtered' }),
    hookLimits: { perSecond: 1, burst: 10 },
    port: 0,
  });
  try {
    const url = `${server.address}/hooks/production/default/any`;
    const answers = await Promise.all(Array.from({ length: 40 }, () => fetch(url, { method: 'POST', body: '{}' })));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 202).length).toBeLessThanOrEqual(12);
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(28);
    expect(answers.find(({ status }) => status === 429)?.headers.get('retry-after')).toBe('1');
    expect((await fetch(`${server.address}/healthz`)).status).toBe(200);
  } finally {
    await server.close();
  }
});
