import { expect, test } from 'vitest';
import { storm } from './storm.ts';

test('workers killed and stopped, a dead link and a crash of PostgreSQL lose nothing and do nothing twice', {
  timeout: 120_000,
}, async () => {
  const report = await storm({
    runs: 150,
    faults: ['kill', 'sleep', 'crash', 'stall', 'kill'],
    leaseMs: 1_000,
    timeoutMs: 60_000,
  });
  expect(report.violations).toEqual([]);
  expect(report.takeoverMs).toHaveLength(2);
});
