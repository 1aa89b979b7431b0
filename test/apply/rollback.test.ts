import { afterEach, describe, expect, test } from 'vitest';
import { apply } from '../../src/apply/apply.ts';
import { checkpoints } from '../../src/apply/write.ts';
import type { Database } from '../../src/store/database.ts';
import { ensureEnvironment, readEnvironment } from '../../src/store/environment.ts';
import { readLive } from '../../src/store/live.ts';
import { readQuarantine } from '../../src/store/quarantine.ts';
import { listRevisions } from '../../src/store/revision.ts';
import { readRun } from '../../src/store/run.ts';
import { submitRun } from '../../src/store/submit.ts';
import { heldBeforeMoves, stateAt } from '../../src/store/state-at.ts';
import { type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { planFor, type SmallResource } from '../support/plans.ts';
import { runProcess, startProcess } from '../support/processes.ts';

const good: readonly SmallResource[] = [
  { name: 'reader', value: 'reads' },
  { kind: 'AgentSystem', name: 'triage', value: 1 },
];
const bad: readonly SmallResource[] = [
  { name: 'writer', value: 'writes' },
  { kind: 'AgentSystem', name: 'triage', value: 2 },
];

let opened: OpenedDatabase | undefined;
afterEach(() => opened?.close());

const runId = '01930000-0000-7000-8000-00000000000a';

/** Revision 1 is good, revision 2 is bad, and a run of it waits for a worker. */
async function prepared(): Promise<{ readonly database: Database; readonly order: object }> {
  opened = await openTestDatabase('postgres');
  const { database, options } = opened;
  await ensureEnvironment(database.db, 'prod');
  for (const [target, commit] of [
    [good, 'c1'],
    [bad, 'c2'],
  ] as const) {
    await apply(database, planFor(await readLive(database.db, 'prod'), target, commit), 'tester');
  }
  await submitRun(database, {
    id: runId,
    environment: 'prod',
    system: 'default/triage',
    input: {},
    submittedBy: 'ada',
  });
  return { database, order: { options, environment: 'prod', target: good, commit: 'c1', rollbackTo: 1 } };
}

const process = (order: object) => ({ entry: 'test/apply/apply-process.ts', args: [JSON.stringify(order)] });

describe('a rollback killed with -9', () => {
  const points = checkpoints.slice(checkpoints.indexOf('bundles'));

  test.each(points)('at "%s" is done whole or not at all: rows, quarantine and runs', async (dieAt) => {
    const { database, order } = await prepared();
    expect((await runProcess(process({ ...order, dieAt }))).signal).toBe('SIGKILL');
    const isDone = dieAt === 'committed';
    expect(await readEnvironment(database.db, 'prod')).toMatchObject(
      isDone ? { revision: 3, pin: 3, commit_id: 'c1' } : { revision: 2, pin: null, commit_id: 'c2' },
    );
    expect(await readQuarantine(database.db, 'prod')).toHaveLength(isDone ? 3 : 0);
    expect((await readRun(database, runId)).state).toBe(isDone ? 'Cancelled' : 'Queued');
  });
});

test('of two rollbacks at once one wins, and the other is stale', async () => {
  const { database, order } = await prepared();
  const processes = [order, order].map((one) => startProcess(process(one)));
  await Promise.all(processes.map((one) => one.exited(45_000)));
  const said = processes.map((one) => one.stdout.trim()).sort();
  // The second may have planned after the first was done: then there is nothing left for it to do.
  expect(['applied 3|refused plan.stale', 'applied 3|applied 3']).toContain(said.join('|'));
  expect(await listRevisions(database.db, 'prod', { limit: 9 })).toHaveLength(3);
  expect(await readQuarantine(database.db, 'prod')).toHaveLength(3);
});

test('a rollback and an apply at once: whichever is second is stale', async () => {
  const { database, order } = await prepared();
  const next = { ...order, target: [...bad, { name: 'more', value: 'x' }], commit: 'c3', rollbackTo: undefined };
  const processes = [order, next].map((one) => startProcess(process(one)));
  await Promise.all(processes.map((one) => one.exited(45_000)));
  const said = processes.map((one) => one.stdout.trim()).sort();
  const live = await readLive(database.db, 'prod');
  // One after the other they both go through, or the apply finds the content that it holds withdrawn.
  expect(['applied 3|refused plan.stale', 'applied 3|applied 4', 'applied 3|refused plan.quarantined']).toContain(
    said.join('|'),
  );
  expect(live.revision).toBe(said.join().includes('4') ? 4 : 3);
});

test('what a revision held is the same read whole or from what moved since', async () => {
  const { database } = await prepared();
  const whole = await stateAt(database.db, 'prod', 1);
  expect([...whole.keys()]).toEqual(['AgentRole/default/reader', 'AgentSystem/default/triage']);
  const moved = await heldBeforeMoves(database.db, 'prod', 1);
  expect(moved.get('AgentRole/default/writer')).toBeUndefined();
  expect(moved.has('AgentRole/default/writer')).toBe(true);
  expect(moved.get('AgentRole/default/reader')).toEqual(whole.get('AgentRole/default/reader'));
});
