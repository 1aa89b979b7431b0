import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller } from '../../src/controller/controller.ts';
import { createControlPlane } from '../../src/controller/planning.ts';
import { createLog } from '../../src/log.ts';
import { openRepository } from '../../src/source/repository.ts';
import { Poll } from '../../src/source/watch.ts';
import { channels } from '../../src/bus/bus.ts';
import { readConditions } from '../../src/store/condition.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { readEnvironment } from '../../src/store/environment.ts';
import { migrate } from '../../src/store/migrate.ts';
import { readRun } from '../../src/store/run.ts';
import { receiveWebhooks, team } from '../story/github-team.ts';
import { tickAcknowledged } from '../support/apply-acknowledged.ts';
import { startGitHub, type TestGitHub } from '../support/github/start-github.ts';
import { eventually, submit, workerOn } from '../support/runs.ts';
import type { Bench, Contender, Measure } from './context.ts';
import { percentiles } from './latency.ts';
import { changedFile, filesOf } from './p1-repository.ts';

const pushes = Number(process.env['PAWL_BENCH_PUSHES'] ?? '100');
const manifests = 1_000;
const wholeMsMax = 2_000;
const waitMsMax = 60_000;

/** P3: from a push to GitHub until a worker executes a run of the new revision, woken by the webhook. */
export const bench: Bench = async (context) => {
  const figures = await context.compare([contender]);
  const value = figures.find(({ metric }) => metric === 'push to first worker p99')?.median ?? Number.POSITIVE_INFINITY;
  const claim = `99 of 100 pushes are with a worker within ${wholeMsMax / 1_000} s`;
  return {
    title: 'from a push to the first worker',
    figures,
    targets: [{ claim, value, unit: 'ms', met: value <= wholeMsMax }],
    notes: [
      `${pushes} pushes a round, one after the other, to a repository of ${manifests.toLocaleString('en')} manifests; each changes one agent.`,
      'From the push being taken: to the webhook stored; to the revision live (fetch by HTTP, plan, apply); to a run that is',
      'submitted then and claimed. GitHub is the double of the tests, whose time (in this process too) is in the figures.',
    ],
  };
};

type Stage = 'push to webhook' | 'webhook to live' | 'live to first worker' | 'push to first worker';

const contender: Contender = {
  name: `${manifests.toLocaleString('en')} manifests`,
  async open(url) {
    const github = await startGitHub();
    await github.createRepository({
      owner: 'acme',
      name: 'agents',
      files: filesOf(manifests),
      roles: { ann: 'write' },
    });
    const database = await openDatabase({ url });
    await migrate(database);
    const controlled = await control(github, database);
    const receiver = await receiveWebhooks(github, { database });
    const worker = workerOn(database, { graceMs: 100 });
    await worker.start();
    let version = 0;
    return {
      async round() {
        const times: Readonly<Record<Stage, number>>[] = [];
        for (let count = 0; count < pushes; count += 1) {
          version += 1;
          times.push(await push({ github, database }, version));
        }
        return stagesOf(times);
      },
      async close() {
        await controlled.close();
        await worker.stop();
        github.webhooks.to(undefined);
        await receiver.close();
        await database.close();
        await github.close();
      },
    };
  },
};

/** A controller that only webhooks wake, with a mirror of the repository. */
async function control(github: TestGitHub, database: Database): Promise<{ readonly close: () => Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'pawl-p3-'));
  const repository = await openRepository({
    url: github.cloneUrl('acme', 'agents'),
    directory,
    token: github.tokenOf('ann'),
    allowHttp: true,
    surroundings: { path: process.env['PATH'] ?? '' },
  });
  const plane = createControlPlane(repository, database);
  const controller = new Controller({ plane, actor: 'bench', log: createLog('silent') });
  await tickAcknowledged(controller, plane);
  const watch = new Poll({ intervalMs: 600_000 });
  const stop = new AbortController();
  const ended = controller.run(watch, stop.signal);
  return {
    close: async () => {
      stop.abort();
      await watch.close();
      await ended;
      await repository.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function push(
  { github, database }: { readonly github: TestGitHub; readonly database: Database },
  version: number,
): Promise<Readonly<Record<Stage, number>>> {
  const heard = firstHint(database);
  const began = performance.now();
  const commit = await github.people.push(team, { branch: 'main', files: changedFile(0, version), as: 'ann' });
  const heardAt = await heard;
  const liveAt = await eventually(async () => {
    const live = await readEnvironment(database.db, 'production');
    return live?.commit_id === commit ? performance.now() : undefined;
  }, waitMsMax).catch(async (cause: unknown) => {
    const conditions = (await readConditions(database.db, ['production'])).get('production') ?? [];
    const why = conditions.map(({ type, status, reason }) => `${type} ${status} ${reason}`).join(', ');
    throw new Error(`${commit} is not live: ${why}`, { cause });
  });
  const { id } = await submit(database, { system: 'default/system-g0' });
  const claimedAt = await eventually(async () => {
    const { fence } = await readRun(database, id);
    return Number(fence) > 0 ? performance.now() : undefined;
  }, waitMsMax);
  return {
    'push to webhook': heardAt - began,
    'webhook to live': liveAt - heardAt,
    'live to first worker': claimedAt - liveAt,
    'push to first worker': claimedAt - began,
  };
}

/** When the webhook is stored, those who listen are told. */
async function firstHint(database: Database): Promise<number> {
  let hear = (_at: number): void => undefined;
  const heard = new Promise<number>((resolve) => {
    hear = resolve;
  });
  const unlisten = await database.listen(channels.hint, () => hear(performance.now()));
  const at = await heard;
  await unlisten();
  return at;
}

function stagesOf(times: readonly Readonly<Record<Stage, number>>[]): Readonly<Record<string, Measure>> {
  const stages = ['push to webhook', 'webhook to live', 'live to first worker', 'push to first worker'] as const;
  return Object.fromEntries(
    stages.flatMap((stage) =>
      percentiles(
        stage,
        times.map((time) => time[stage]),
      ),
    ),
  );
}
