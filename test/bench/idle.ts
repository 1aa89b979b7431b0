import { Controller } from '../../src/controller/controller.ts';
import { createControlPlane } from '../../src/controller/planning.ts';
import { createLog } from '../../src/log.ts';
import { openRepository } from '../../src/source/repository.ts';
import { openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { role, settings } from '../controller/fixture.ts';
import { tickAcknowledged } from '../support/apply-acknowledged.ts';
import { createRepository } from '../support/git.ts';
import type { Bench, Contender } from './context.ts';

const environments = Number(process.env['PAWL_BENCH_ENVIRONMENTS'] ?? '1000');
const pollMs = 30_000;
const ticksPerRound = 10;
const shareMax = 2;

/** What many environments cost a controller while nothing moves. */
export const bench: Bench = async (context) => {
  const figures = await context.compare([contender]);
  const value = figures.find(({ metric }) => metric === '% of a core')?.median ?? Number.POSITIVE_INFINITY;
  const claim = `${environments.toLocaleString('en')} idle environments take at most ${shareMax} % of one core`;
  return {
    title: 'idle environments',
    figures,
    targets: [{ claim, value, unit: 'count', met: value <= shareMax }],
    notes: [
      `A poll every ${pollMs / 1_000} s, simulated: the ticks follow each other at once, each counts for a whole poll, and`,
      'the share is the CPU time of this process (user and system) in it. PostgreSQL, Git and its server are others.',
    ],
  };
};

const contender: Contender = {
  name: `${environments.toLocaleString('en')} environments`,
  async open(url) {
    const git = await createRepository();
    const names = Array.from({ length: environments }, (_, index) => `e${index}`);
    await git.commit({
      'pawl.yaml': settings(Object.fromEntries(names.map((name) => [name, {}]))),
      ...Object.fromEntries(names.map((name) => [`${name}/one.yaml`, role('one', 'tool:t:read')])),
    });
    const database = await openDatabase({ url });
    await migrate(database);
    const repository = await openRepository({ path: git.path, surroundings: { path: process.env['PATH'] ?? '' } });
    const plane = createControlPlane(repository, database);
    let polled = 0;
    // The deep look of each hour is part of what idleness costs, so that time passes as it would.
    const controller = new Controller({ plane, actor: 'bench', log: createLog('silent'), now: () => polled * pollMs });
    await tickAcknowledged(controller, plane);
    // What is applied is looked at once more before it counts as settled.
    await controller.tick();
    return {
      async round() {
        const [cpu, began] = [process.cpuUsage(), performance.now()];
        for (let tick = 0; tick < ticksPerRound; tick += 1) {
          polled += 1;
          const moved = (await controller.tick()).filter(({ outcome }) => outcome.kind !== 'unchanged');
          if (moved.length > 0) throw new Error(`a tick found ${JSON.stringify(moved[0])}`);
        }
        const { user, system } = process.cpuUsage(cpu);
        const cpuMs = (user + system) / 1_000 / ticksPerRound;
        return {
          'CPU of a tick': { value: cpuMs, unit: 'ms' },
          'a tick takes': { value: (performance.now() - began) / ticksPerRound, unit: 'ms' },
          '% of a core': { value: (cpuMs / pollMs) * 100, unit: 'count' },
        };
      },
      async close() {
        await repository.close();
        await database.close();
        await git.remove();
      },
    };
  },
};
