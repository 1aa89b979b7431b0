import { afterAll, beforeAll, expect, test } from 'vitest';
import { Controller } from '../../src/controller/controller.ts';
import { createControlPlane } from '../../src/controller/planning.ts';
import { readConditions } from '../../src/store/condition.ts';
import { storeMessage } from '../../src/store/inbox.ts';
import { acknowledgeAll } from '../support/apply-acknowledged.ts';
import { type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { MemoryMirror, MemoryOrigin } from '../support/memory-repository.ts';
import { silent } from '../support/runs.ts';
import { role, settings } from './fixture.ts';

let opened: OpenedDatabase;
beforeAll(async () => {
  opened = await openTestDatabase('embedded');
});
afterAll(() => opened.close());

test('webhooks that do not arrive are a condition once a poll has found a commit, and none once one arrives', async () => {
  const origin = new MemoryOrigin();
  const push = (name: string) => origin.push({ 'pawl.yaml': settings({ one: {} }), 'one/role.yaml': role(name) });
  push('first');
  let now = 0;
  const forge = { isHeard: true, name: () => 'acme/agents', branchProtection: () => Promise.reject(new Error('no')) };
  const plane = { ...createControlPlane(new MemoryMirror(origin, () => Promise.resolve()), opened.database), forge };
  const controller = new Controller({ plane, actor: 'controller', log: silent, now: () => now });
  const { db } = opened.database;
  const look = async () => {
    await controller.tick();
    const [source] = (await readConditions(db, ['one'])).get('one') ?? [];
    return `${source?.status} ${source?.reason}`;
  };
  const hear = (delivery: string) => storeMessage(db, { delivery, event: 'push', repository: 'Acme/agents', hint: {} });
  await plane.repository.fetch();
  await acknowledgeAll(plane, 'one');
  // What was there when the controller began is nobody's news.
  expect(await look()).toBe('True Ready');
  now = 600_000;
  expect(await look()).toBe('True Ready');
  push('second');
  expect(await look()).toBe('True Ready');
  now += 119_000;
  expect(await look()).toBe('True Ready');
  now += 1_000;
  expect(await look()).toBe('True Unheard');
  now += 600_000;
  expect(await look()).toBe('True Unheard');
  await hear('late');
  push('third');
  expect(await look()).toBe('True Ready');
});
