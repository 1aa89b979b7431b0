import { expect, test } from 'vitest';
import { storm } from './storm.ts';

test('workers killed and stopped, a dead link, and PostgreSQL and NATS crashed lose nothing and do nothing twice', {
  timeout: 120_000,
}, async () => {
  const report = await storm({
    runs: 120,
    faults: ['kill', 'sleep', 'wipe', 'crash', 'stall', 'kill'],
    leaseMs: 1_000,
    timeoutMs: 60_000,
  });
  expect(report.violations).toEqual([]);
  expect(report.takeoverMs).toHaveLength(2);
  expect(report.reclaimedMs).toHaveLength(1);
});

test('a join of thirty-two branches happens once, though the workers that wait for them are killed', {
  timeout: 120_000,
}, async () => {
  const report = await storm({ graph: 'fan', runs: 12, faults: ['kill', 'kill'], leaseMs: 1_000, timeoutMs: 60_000 });
  expect(report.violations).toEqual([]);
  expect(report.takeoverMs).toHaveLength(2);
});
