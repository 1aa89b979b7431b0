import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { healsMax } from '../../src/apply/heal.ts';
import { readLive } from '../../src/store/live.ts';
import { listEvents } from '../../src/store/event.ts';
import { listRevisions } from '../../src/store/revision.ts';
import { editByHand } from '../../src/store/hand-edit.ts';
import { createEstate, type Estate, role, type TestController } from './fixture.ts';

const address = 'AgentRole/default/clerk';
const settingsWith = (drift: string, apply = 'auto') =>
  `apiVersion: pawl/v1\nenvironments:\n  - { name: prod, branch: main, paths: [prod], apply: ${apply}, drift: ${drift} }\n`;

describe('an environment that heals', () => {
  let estate: Estate;
  let one: TestController;

  beforeEach(async () => {
    estate = await createEstate();
    await estate.git.commit({ 'pawl.yaml': settingsWith('heal'), 'prod/clerk.yaml': role('clerk', 'tool:a:read') });
    one = await estate.join();
    await one.tick();
  });
  afterEach(() => estate.close());

  const hand = (controller: TestController, permission: string) =>
    editByHand(controller.plane.database.db, { environment: 'prod', address }, (body) => ({
      ...body,
      spec: { permissions: [permission] },
    }));

  const drifted = async () => {
    const live = await readLive(one.plane.database.db, 'prod', { deep: true });
    return [...live.heads.values()].filter((head) => head.applied !== head.live).length;
  };

  test('puts a row back without a new commit, and makes no revision of it', async () => {
    await hand(one, 'tool:*:*');
    expect(await drifted()).toBe(1);
    await one.tick();
    expect(await drifted()).toBe(0);
    expect(await listRevisions(one.plane.database.db, 'prod', { limit: 9 })).toHaveLength(1);
    expect(one.lines.filter(({ msg }) => msg === 'drift healed')).toEqual([
      expect.objectContaining({ environment: 'prod', undone: [expect.objectContaining({ address })] }),
    ]);
  });

  test('stops when something keeps undoing it, for all controllers and after a restart', async () => {
    const two = await estate.join();
    for (let turn = 0; turn < healsMax; turn += 1) {
      await hand(one, `tool:turn-${turn}:*`);
      await (turn % 2 === 0 ? one : two).tick();
      expect(await drifted()).toBe(0);
    }
    await hand(one, 'tool:last:*');
    await two.tick();
    expect(await drifted()).toBe(1);
    expect(two.lines.filter(({ msg }) => msg.startsWith('healing stopped'))).toHaveLength(1);
    const three = await estate.join();
    await three.tick();
    await three.tick();
    expect(await drifted()).toBe(1);
    expect(three.lines.filter(({ msg }) => msg.startsWith('healing stopped'))).toEqual([]);
    expect(three.lines.filter(({ msg }) => msg === 'drift found')).toHaveLength(1);
    const actions = (await listEvents(one.plane.database.db, 'prod', 20)).map(({ action }) => action);
    expect(actions.filter((action) => action === 'drift.heal')).toHaveLength(healsMax);
    expect(actions.filter((action) => action === 'drift.fight')).toHaveLength(1);
  });

  test('leaves it to a person where the environment only alerts', async () => {
    await estate.git.commit({ 'pawl.yaml': settingsWith('alert') });
    // Whether rows are put back is agreed to like anything else that pawl.yaml says.
    await one.tick();
    await hand(one, 'tool:*:*');
    await one.tick();
    expect(await drifted()).toBe(1);
    expect(one.lines.filter(({ msg }) => msg === 'drift found')).toHaveLength(1);
  });
});
