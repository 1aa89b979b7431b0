import { Controller } from '../../src/controller/controller.ts';
import { environmentAt } from '../../src/controller/environments.ts';
import { createControlPlane, planCommit } from '../../src/controller/planning.ts';
import { createLog } from '../../src/log.ts';
import { openRepository, type Repository } from '../../src/source/repository.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { applyAcknowledged } from '../support/apply-acknowledged.ts';
import type { TestRepository } from '../support/git.ts';
import { runProcess } from '../support/processes.ts';
import type { Bench, BenchContext, Contender, Figure, Measure, Target } from './context.ts';
import { changeOne, repositoryOf } from './p1-repository.ts';

const sizes = [1_000, 10_000];
const largest = '10,000 manifests';
/** Single changes and idle ticks of one round; the round's figure is their median. */
const changesPerRound = 5;
const ticksPerRound = 9;

/** P1: a repository of many manifests, imported, changed in one file, and left alone. */
export const bench: Bench = async (context) => {
  const figures = await context.compare(sizes.map((size) => contender(context, size)));
  return {
    title: 'from a commit to live rows',
    figures,
    targets: [
      atMost(figures, { metric: 'import', value: 5, unit: 's', claim: 'a cold import takes at most 5 s' }),
      atMost(figures, { metric: 'peak memory', value: 400, unit: 'MB', claim: 'a cold import takes at most 400 MB' }),
      atMost(figures, { metric: 'plan', value: 50, unit: 'ms', claim: 'one changed file is planned in at most 50 ms' }),
      atMost(figures, {
        metric: 'apply',
        value: 20,
        unit: 'ms',
        claim: 'one changed file is applied in at most 20 ms',
      }),
      atMost(figures, { metric: 'tick', value: 10, unit: 'ms', claim: 'a tick without change takes at most 10 ms' }),
    ],
    notes: [
      'One manifest a file. Import: a new process, an empty database; reading Git, validation, plan and apply.',
      'Plan: from the commit id to the plan, reading Git, live and history. Apply: the whole transaction, fsync on.',
      'Tick: the controller looks at Git and at live and finds nothing to do.',
      'Peak memory: the largest resident set of the importing process, its TypeScript loader included.',
    ],
  };
};

function atMost(
  figures: readonly Figure[],
  target: { readonly metric: string; readonly value: number; readonly unit: Measure['unit']; readonly claim: string },
): Target {
  const found = figures.find((figure) => figure.contender === largest && figure.metric === target.metric);
  const { value, unit } = target;
  const measured = found?.median ?? Number.POSITIVE_INFINITY;
  return { claim: `at ${largest} ${target.claim}`, value: measured, unit, met: measured <= value };
}

function contender(context: BenchContext, size: number): Contender {
  return {
    name: `${size.toLocaleString('en')} manifests`,
    async open(url) {
      const written = await repositoryOf(size);
      const repository = await openRepository({
        path: written.path,
        surroundings: { path: process.env['PATH'] ?? '' },
      });
      const database = await openDatabase({ url });
      await migrate(database);
      const warm = new Warm(written, { repository, database });
      await warm.change(0);
      return {
        async round(index) {
          const cold = await coldImport(context, { path: written.path, size });
          const changes: { planMs: number; applyMs: number }[] = [];
          for (let change = 0; change < changesPerRound; change += 1) {
            changes.push(await warm.change(1 + index * changesPerRound + change));
          }
          return {
            ...cold,
            plan: ms(median(changes.map((change) => change.planMs))),
            apply: ms(median(changes.map((change) => change.applyMs))),
            tick: ms(await warm.tick()),
          };
        },
        async close() {
          await database.close();
          await repository.close();
          await written.remove();
        },
      };
    },
  };
}

async function coldImport(
  context: BenchContext,
  from: { readonly path: string; readonly size: number },
): Promise<Readonly<Record<string, Measure>>> {
  const made = await context.createDatabase();
  try {
    const database = await openDatabase({ url: made.url });
    await migrate(database);
    await database.close();
    const entry = 'test/bench/p1-import.ts';
    const done = await runProcess({ entry, args: [from.path, made.url], timeoutMs: 120_000 });
    if (done.code !== 0) throw new Error(`The import failed:\n${done.stderr}`);
    const said = JSON.parse(done.stdout) as { resources: number; planMs: number; applyMs: number; peakMb: number };
    if (said.resources !== from.size) throw new Error(`${said.resources} of ${from.size} resources were imported`);
    return {
      import: { value: (said.planMs + said.applyMs) / 1_000, unit: 's' },
      'import: plan': { value: said.planMs / 1_000, unit: 's' },
      'import: apply': { value: said.applyMs / 1_000, unit: 's' },
      'peak memory': { value: said.peakMb, unit: 'MB' },
    };
  } finally {
    await made.drop();
  }
}

/** A controller that has been up for a while: what it remembers between commits is its own. */
class Warm {
  readonly #written: TestRepository;
  readonly #plane: ReturnType<typeof createControlPlane>;
  readonly #database: Database;
  readonly #controller: Controller;

  constructor(written: TestRepository, opened: { readonly repository: Repository; readonly database: Database }) {
    this.#written = written;
    this.#database = opened.database;
    this.#plane = createControlPlane(opened.repository, opened.database);
    this.#controller = new Controller({ plane: this.#plane, actor: 'bench', log: createLog('error') });
  }

  async change(index: number): Promise<{ planMs: number; applyMs: number }> {
    const commit = await changeOne(this.#written, index);
    const settings = await environmentAt(this.#plane.repository, commit, 'production');
    const started = performance.now();
    const planned = await planCommit(this.#plane, { settings, commit });
    const plannedAt = performance.now();
    await applyAcknowledged(this.#database, planned, 'bench');
    return { planMs: plannedAt - started, applyMs: performance.now() - plannedAt };
  }

  /** The first two look at what the last change did; the counted ones find nothing. */
  async tick(): Promise<number> {
    const times: number[] = [];
    for (let tick = 0; tick < 2 + ticksPerRound; tick += 1) {
      const started = performance.now();
      const [pass] = await this.#controller.tick();
      times.push(performance.now() - started);
      if (pass?.outcome.kind !== 'unchanged') throw new Error(`a tick found ${JSON.stringify(pass?.outcome)}`);
    }
    return median(times.slice(2));
  }
}

function ms(value: number): Measure {
  return { value, unit: 'ms' };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
