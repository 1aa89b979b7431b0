import { setTimeout as pause } from 'node:timers/promises';
import { Controller } from '../../src/controller/controller.ts';
import { createControlPlane } from '../../src/controller/planning.ts';
import { createLog } from '../../src/log.ts';
import { openRepository } from '../../src/source/repository.ts';
import { Poll } from '../../src/source/watch.ts';
import { channels } from '../../src/bus/bus.ts';
import { openDatabase } from '../../src/store/database.ts';
import { readEnvironment } from '../../src/store/environment.ts';
import { migrate } from '../../src/store/migrate.ts';
import { role, settings } from '../controller/fixture.ts';
import { tickAcknowledged } from '../support/apply-acknowledged.ts';
import { createRepository } from '../support/git.ts';
import type { Bench, Contender } from './context.ts';

const pushes = Number(process.env['PAWL_BENCH_PUSHES'] ?? '50');
const spanMs = Number(process.env['PAWL_BENCH_SPAN_MS'] ?? '10000');
const looksMax = 8;

/** A burst of pushes, each told by a webhook: how often the controller looks, and how soon the last is live. */
export const bench: Bench = async (context) => {
  const figures = await context.compare([contender]);
  const value = figures.find(({ metric }) => metric === 'plans')?.max ?? Number.POSITIVE_INFINITY;
  const claim = `${pushes} pushes in ${spanMs / 1_000} s become at most ${looksMax} plans`;
  return {
    title: 'a burst of pushes',
    figures,
    targets: [{ claim, value, unit: 'count', met: value <= looksMax }],
    notes: [
      'Plans: the revisions that were applied, as each commit changes something and each look applies what it sees.',
    ],
  };
};

const contender: Contender = {
  name: `${pushes} pushes`,
  async open(url) {
    const git = await createRepository();
    await git.commit({ 'pawl.yaml': settings({ production: {} }), 'production/one.yaml': role('one', 'tool:t:read') });
    const database = await openDatabase({ url });
    await migrate(database);
    const repository = await openRepository({ path: git.path, surroundings: { path: process.env['PATH'] ?? '' } });
    const plane = createControlPlane(repository, database);
    const controller = new Controller({ plane, actor: 'bench', log: createLog('silent') });
    await tickAcknowledged(controller, plane);
    // No poll and no watch of files: what wakes the controller is the hint of each push.
    const watch = new Poll({ intervalMs: 600_000 });
    const stop = new AbortController();
    const ended = controller.run(watch, stop.signal);
    const live = () => readEnvironment(database.db, 'production');
    return {
      async round(index) {
        const from = (await live())?.revision ?? 0;
        const began = performance.now();
        let [last, pushedAt] = ['', 0];
        for (let push = 0; push < pushes; push += 1) {
          await pause(Math.max(0, began + (push * spanMs) / pushes - performance.now()));
          // What an agent needs narrows or stays as wide, so that nobody has to agree to it.
          const description = `spec: { description: "${index}.${push}", permissions: ["tool:t:read"] }`;
          last = await git.commit({
            'production/one.yaml': role('one', 'tool:t:read').replace(/spec:.*/, description),
          });
          pushedAt = performance.now();
          await database.notify(channels.hint, 'production');
        }
        while ((await live())?.commit_id !== last) {
          if (performance.now() - pushedAt > 30_000) throw new Error(`${last} is not live after 30 s`);
          await pause(10);
        }
        const revision = (await live())?.revision ?? 0;
        return {
          plans: { value: revision - from, unit: 'count' },
          'the last is live after': { value: performance.now() - pushedAt, unit: 'ms' },
          'the burst took': { value: (pushedAt - began) / 1_000, unit: 's' },
        };
      },
      async close() {
        stop.abort();
        await watch.close();
        await ended;
        await repository.close();
        await database.close();
        await git.remove();
      },
    };
  },
};
