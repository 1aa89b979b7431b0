import { afterAll, beforeAll, expect, test } from 'vitest';
import { ControllersWorld } from '../support/controllers-world.ts';
import { type OpenedDatabase, openTestDatabase } from '../support/databases.ts';

// `PAWL_SIMULATION_SEED=1234 npx vitest run test/controller/interleaving.test.ts` plays one seed again;
// `PAWL_SIMULATION_TIMES=10` plays ten times as many.
const only = process.env.PAWL_SIMULATION_SEED;
const times = Number(process.env.PAWL_SIMULATION_TIMES ?? '1');
const seeds =
  only === undefined ? Array.from({ length: Math.ceil(12 * times) }, (_none, seed) => seed + 1) : [Number(only)];
const steps = 300;

let opened: OpenedDatabase;
beforeAll(async () => {
  opened = await openTestDatabase('embedded');
});
afterAll(() => opened.close());

test('whatever the order of what controllers, people and misfortune do, live is what Git says or a condition says why', async () => {
  const failures: string[] = [];
  for (const seed of seeds) {
    const world = new ControllersWorld(opened.database, seed);
    await world.play(steps);
    if (world.wrong.length === 0) continue;
    const shown = only === undefined ? world.log.filter((line) => /^(--|push)/.test(line)) : world.log;
    failures.push(`seed ${seed}: ${world.wrong.join('; ')}\n  ${shown.join('\n  ')}`);
  }
  expect(failures.slice(0, 3).join('\n')).toBe('');
}, 600_000);
