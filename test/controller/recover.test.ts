import { expect, test } from 'vitest';
import { Controller } from '../../src/controller/controller.ts';
import { createControlPlane } from '../../src/controller/planning.ts';
import { TerminalError } from '../../src/errors.ts';
import { readConditions } from '../../src/store/condition.ts';
import { tickAcknowledged } from '../support/apply-acknowledged.ts';
import { openTestDatabase } from '../support/databases.ts';
import { MemoryMirror, MemoryOrigin } from '../support/memory-repository.ts';
import { silent } from '../support/runs.ts';
import { role, settings } from './fixture.ts';

class RefusingMirror extends MemoryMirror {
  override subject(): Promise<string> {
    return Promise.reject(new TerminalError('The tree is too large.', { code: 'git.tree_too_large' }));
  }
}

test('a repository that cannot be used is ready again by whom it is well with, and never by whose own passes fail', async () => {
  const { database, close } = await openTestDatabase('embedded');
  const origin = new MemoryOrigin();
  origin.push({ 'pawl.yaml': settings({ one: {} }), 'one/a.yaml': role('a', 'tool:a:read') });
  const join = (Mirror: typeof MemoryMirror) => {
    const plane = createControlPlane(new Mirror(origin, () => Promise.resolve()), database);
    const controller = new Controller({ plane, actor: 'controller', log: silent, now: () => 0 });
    return { tick: () => controller.tick(), settle: () => tickAcknowledged(controller, plane) };
  };
  const source = async () => {
    const found = (await readConditions(database.db, ['one'])).get('one');
    return found?.flatMap(({ type, reason }) => (type === 'SourceReady' ? [reason] : []));
  };
  const [well, failing] = [join(MemoryMirror), join(RefusingMirror)];
  await well.settle();
  expect(await source()).toEqual(['Ready']);
  // The first three fail, and the fourth is within the wait that follows.
  for (let time = 0; time < 4; time += 1) {
    await failing.tick();
    expect(await source()).toEqual(['Refused']);
  }
  await well.tick();
  expect(await source()).toEqual(['Ready']);
  await failing.tick();
  expect(await source()).toEqual(['Ready']);
  await close();
});
