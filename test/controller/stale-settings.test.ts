import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Controller } from '../../src/controller/controller.ts';
import { type EnvironmentReading, readEachEnvironment } from '../../src/controller/environments.ts';
import { createControlPlane } from '../../src/controller/planning.ts';
import { type PassOptions, reconcile } from '../../src/controller/reconcile.ts';
import { readLive } from '../../src/store/live.ts';
import { acknowledgeAll, tickAcknowledged } from '../support/apply-acknowledged.ts';
import { type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { MemoryMirror, MemoryOrigin } from '../support/memory-repository.ts';
import { silent } from '../support/runs.ts';
import { role } from './fixture.ts';

let opened: OpenedDatabase;
beforeAll(async () => {
  opened = await openTestDatabase('embedded');
});
afterAll(() => opened.close());

let origin: MemoryOrigin;
let environment = '';
let count = 0;
beforeEach(() => {
  origin = new MemoryOrigin();
  environment = `env-${(count += 1)}`;
  origin.push(files('[agents]'));
});

const files = (paths: string, apply = 'auto', name = environment) => ({
  'pawl.yaml': `apiVersion: pawl/v1\nenvironments:\n  - { name: ${name}, branch: main, paths: ${paths}, apply: ${apply} }\n`,
  'agents/a.yaml': role('a', 'tool:a:read'),
  'more/b.yaml': role('b', 'tool:b:read'),
});

/** A controller with a mirror of its own, which knows of the branch what it fetched last. */
function join() {
  const mirror = new MemoryMirror(origin, () => Promise.resolve());
  const plane = createControlPlane(mirror, opened.database);
  const controller = new Controller({ plane, actor: 'controller', log: silent, now: () => 0 });
  return { controller, plane, tick: () => tickAcknowledged(controller, plane) };
}

async function live(): Promise<readonly string[]> {
  return [...(await readLive(opened.database.db, environment)).heads.keys()].sort();
}

const both = ['AgentRole/default/a', 'AgentRole/default/b'];

test('who did not fetch plans a newer commit by its own paths, and deletes nothing that they hold', async () => {
  const [first, second] = [join(), join()];
  await first.tick();
  await second.tick();
  origin.push(files('[agents, more]'));
  await first.tick();
  expect(await live()).toEqual(both);
  // A wake-up of rows: an apply was heard of, and the repository is not asked.
  expect((await second.controller.tick({ fetch: false }))[0]?.outcome).toEqual({ kind: 'unchanged' });
  expect(await live()).toEqual(both);
});

test('what has become manual meanwhile waits for a person, at the next tick too', async () => {
  const [first, second] = [join(), join()];
  await first.tick();
  await second.tick();
  origin.push({ ...files('[agents]'), 'agents/c.yaml': role('c', 'tool:c:read') });
  await first.tick();
  origin.push({ ...files('[agents]', 'manual') });
  await first.plane.repository.fetch();
  await acknowledgeAll(first.plane, environment);
  for (const fetch of [false, true]) {
    const [passed] = await second.controller.tick({ fetch });
    expect(passed?.outcome.kind).toBe(fetch ? 'unchanged' : 'waiting');
  }
  expect(await live()).toEqual(['AgentRole/default/a', 'AgentRole/default/c']);
});

test('another loop that fetches between the reading and the pass changes what the pass goes by', async () => {
  const { plane, tick } = join();
  await tick();
  const options: PassOptions = {
    actor: 'controller',
    deep: false,
    isSuspended: false,
    now: new Date(),
    givesWay: true,
    signal: new AbortController().signal,
  };
  const read = async () => {
    const [reading] = await readEachEnvironment(plane.repository);
    return settingsOf(reading);
  };
  const before = await read();
  origin.push(files('[agents, more]', 'manual'));
  await plane.repository.fetch();
  expect((await reconcile(plane, before, options)).outcome).toMatchObject({ kind: 'waiting', changes: 1 });
  const moved = files('[agents]');
  origin.push({ ...moved, 'pawl.yaml': moved['pawl.yaml'].replace('branch: main', 'branch: release') });
  await plane.repository.fetch();
  await expect(reconcile(plane, before, options)).rejects.toMatchObject({
    code: 'plan.stale',
    message: expect.stringMatching(/^pawl\.yaml at [0-9a-f]{7} of main takes env-3 from release\.$/),
  });
  origin.push(files('[agents]', 'auto', 'another'));
  await plane.repository.fetch();
  await expect(reconcile(plane, before, options)).rejects.toMatchObject({ code: 'environment.unknown' });
});

function settingsOf(reading: EnvironmentReading | undefined) {
  if (reading === undefined || 'error' in reading) throw new Error('There are no settings.');
  return reading;
}
