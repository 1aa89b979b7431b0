import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RuleWatch } from '../../src/controller/alert-rules.ts';
import { type Asked, measure } from '../../src/controller/metric.ts';
import { cancelRun } from '../../src/store/run.ts';
import { type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { bundleOf, environment, install, submit, system, until, withWorker } from '../support/runs.ts';

let opened: OpenedDatabase;
beforeAll(async () => {
  opened = await openTestDatabase('embedded');
});
afterAll(() => opened.close());

const facts = {
  environment,
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

/** A rule of the revision that is live, as apply would have written it. */
async function rule(name: string, spec: Readonly<Record<string, unknown>>): Promise<void> {
  const whole = { op: 'gt', severity: 'warning', suspend: false, ...spec };
  const body = JSON.stringify({ kind: 'AlertRule', metadata: { name, namespace: 'default' }, spec: whole });
  const digest = createHash('sha256').update(body).digest('hex');
  await opened.database.db.transaction().execute(async (trx) => {
    await sql`select set_config('pawl.apply', 'on', true)`.execute(trx);
    await sql`insert into spec (digest, body) values (${digest}, ${body})`.execute(trx);
    await sql`insert into resource_history (environment, address, from_revision, digest, generation, file, line)
      values (${environment}, ${`AlertRule/default/${name}`}, 1, ${digest}, 1, 'rules.yaml', 1)`.execute(trx);
  });
}

test('rules are held against what runs did: how many, how long, with what calls and tokens, and of which systems', async () => {
  const { database } = opened;
  const usage = { inputTokens: 10, outputTokens: 5 };
  const turns = [
    { toolCalls: [{ tool: 'echo', arguments: {} }], usage },
    { text: 'Done.', usage },
  ];
  const nodes = { draft: { agent: 'writer' } };
  await install(database, bundleOf({ nodes, agents: { writer: {} }, replies: [{ agent: 'writer', turns }] }));
  const lost = await submit(database);
  await cancelRun(database, lost.id, 'ada');
  await withWorker(database, async () => {
    for (let count = 0; count < 3; count += 1) {
      const { id } = await submit(database);
      expect(await until(database, id)).toMatchObject({ state: 'Succeeded' });
    }
  });
  await submit(database);
  const now = new Date();
  const at = async (metric: Asked['metric'], more: Partial<Asked> = {}) =>
    measure(database, facts, { metric, drifted: [], now, windowMs: 600_000, ...more });
  expect(await at('runErrorRate')).toBe(0.25);
  expect(await at('runErrorRate', { systems: [system] })).toBe(0.25);
  expect(await at('runErrorRate', { systems: ['default/other'] })).toBeUndefined();
  expect(await at('runsPerMinute')).toBeCloseTo(0.4);
  expect(await at('tokens')).toBe(90);
  expect(await at('callsPerMinute')).toBeCloseTo(0.9);
  expect(await at('callErrorRate')).toBe(0);
  expect(await at('queueDepth')).toBe(1);
  expect(await at('runP99Seconds')).toBeGreaterThan(0);
  await sql`insert into pass (environment, pass_ms, plan_ms, apply_ms) values
    (${environment}, 2000, 1000, null), (${environment}, 4000, 3000, 500)`.execute(database.db);
  expect(await at('reconcileP99Seconds')).toBeCloseTo(3.98);
  expect(await at('planP99Seconds')).toBeCloseTo(2.98);
  expect(await at('applyP99Seconds')).toBeCloseTo(0.5);

  await rule('errors', { metric: 'runErrorRate', threshold: 0.2, window: '10m', for: '5m' });
  await rule('calm', { metric: 'runErrorRate', threshold: 0.3, window: '10m' });
  await rule('elsewhere', { metric: 'runErrorRate', threshold: 0, window: '10m', where: { systems: ['other'] } });
  await rule('asleep', { metric: 'queueDepth', threshold: 0, suspend: true });
  await rule('slow', { metric: 'applyP99Seconds', op: 'gte', threshold: 0.5, window: '10m', receivers: ['on-call'] });
  const crossed = await new RuleWatch(database).look(facts, { drifted: [], now });
  expect(crossed.map(({ key, holdMs, receivers }) => [key, holdMs, receivers])).toEqual([
    ['rule/default/errors', 300_000, undefined],
    ['rule/default/slow', 0, ['default/on-call']],
  ]);
  expect(crossed[0]?.content.found[0]?.how).toBe('runErrorRate over 10m was 0.25 when this was sent');
});
