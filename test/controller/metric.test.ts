import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { alerting } from '../../src/manifest/enforced-alerts.ts';
import { type Asked, measure } from '../../src/controller/metric.ts';
import { ensureEnvironment } from '../../src/store/environment.ts';
import { type OpenedDatabase, openTestDatabase } from '../support/databases.ts';

const facts = {
  environment: 'prod',
  revision: 1,
  writes: 0,
  commit: null,
  isSuspended: false,
  healStoppedAt: null,
  rollback: null,
  conditions: null,
  probes: null,
  pins: null,
};
const metrics = alerting.AlertRule.flatMap((row) => /^spec\.metric=(.+)$/.exec(row)?.[1] ?? []) as Asked['metric'][];

describe('a metric of an environment in which nothing happens', () => {
  let opened: OpenedDatabase;

  beforeAll(async () => {
    opened = await openTestDatabase('embedded');
    await ensureEnvironment(opened.database.db, 'prod');
  });
  afterAll(() => opened.close());

  test('is none, where there is nothing to take it of, else 0', async () => {
    const measured: Record<string, number | undefined> = {};
    for (const metric of metrics) {
      const asked = { metric, drifted: [], now: new Date(), windowMs: 300_000, systems: ['default/desk'] };
      measured[metric] = await measure(opened.database, facts, asked);
    }
    const none = [
      'reconcileP99Seconds',
      'planP99Seconds',
      'applyP99Seconds',
      'runErrorRate',
      'runP50Seconds',
      'runP99Seconds',
      'callErrorRate',
      'callDenyRate',
      'liveWorkersRatio',
    ];
    expect(measured).toEqual(Object.fromEntries(metrics.map((name) => [name, none.includes(name) ? undefined : 0])));
  });
});
