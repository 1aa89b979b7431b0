import { apply } from '../../src/apply/apply.ts';
import { environmentAt } from '../../src/controller/environments.ts';
import { type ControlPlane, createControlPlane, liveOf, planCommit } from '../../src/controller/planning.ts';
import { planRollback, rollBack } from '../../src/controller/rollback.ts';
import type { Plan } from '../../src/plan/change.ts';
import { openRepository } from '../../src/source/repository.ts';
import { openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { heldBeforeMoves, stateAt } from '../../src/store/state-at.ts';
import { applyAcknowledged } from '../support/apply-acknowledged.ts';
import type { TestRepository } from '../support/git.ts';
import type { Contender, Figure, Measure, Target } from './context.ts';
import { changeMany, repositoryOf } from './p1-repository.ts';

const reverted = 100;

export const stateNotes: readonly string[] = [
  'State as of: every address and digest of the revision, beside live, which a controller knows; whole: from nothing.',
  'Revert of 100: a commit that takes 100 changed agents back, planned and applied, fsync on.',
  'Rollback of 100: the same from the store alone, planned twice as the command does, with every body digested again.',
];

export function stateTargets(figures: readonly Figure[]): readonly Target[] {
  return [
    atMost(figures, { metric: 'state as of', value: 10, claim: 'the state as of an old revision takes at most 10 ms' }),
    atMost(figures, { metric: 'revert of 100', value: 60, claim: 'a revert of 100 resources takes at most 60 ms' }),
  ];
}

function atMost(
  figures: readonly Figure[],
  target: { readonly metric: string; readonly value: number; readonly claim: string },
): Target {
  const measured = figures.find((figure) => figure.metric === target.metric)?.median ?? Number.POSITIVE_INFINITY;
  return { claim: target.claim, value: measured, unit: 'ms', met: measured <= target.value };
}

/** Looking back at what an older revision held, and returning to it. */
export function stateContender(size: number): Contender {
  return {
    name: `${size.toLocaleString('en')} manifests, older states`,
    async open(url) {
      const written = await repositoryOf(size);
      const repository = await openRepository({
        path: written.path,
        surroundings: { path: process.env['PATH'] ?? '' },
      });
      const database = await openDatabase({ url });
      await migrate(database);
      const plane = createControlPlane(repository, database);
      await applyAcknowledged(database, await planHead(plane), 'bench');
      return {
        round: (index) => round({ plane, written }, index),
        async close() {
          await database.close();
          await repository.close();
          await written.remove();
        },
      };
    },
  };
}

async function planHead(plane: ControlPlane): Promise<Plan> {
  const commit = await plane.repository.resolve('main');
  return planCommit(plane, { settings: await environmentAt(plane.repository, commit, 'production'), commit });
}

/** A change of 100 agents that Git takes back, and another one that a rollback does. */
async function round(
  { plane, written }: { readonly plane: ControlPlane; readonly written: TestRepository },
  index: number,
): Promise<Readonly<Record<string, Measure>>> {
  const { database } = plane;
  const change = async (version: number) => {
    await changeMany(written, reverted, version);
    await applyAcknowledged(database, await planHead(plane), 'bench');
  };
  await change(10 * index + 1);
  const good = (await liveOf(plane, 'production')).revision - 1;
  const whole = await timed(() => stateAt(database.db, 'production', good));
  const beside = await timed(() => heldBeforeMoves(database.db, 'production', good));
  await written.git('revert', '--no-edit', 'HEAD');
  const revert = await timed(async () => applyAcknowledged(database, await planHead(plane), 'bench'));
  await change(10 * index + 2);
  const rollback = await timed(() => returnTo(plane, good));
  // The branch follows, so that the next round begins with nothing in quarantine.
  await written.git('revert', '--no-edit', 'HEAD');
  await apply(database, await planHead(plane), 'bench');
  return {
    'state as of': beside,
    'state as of, whole': whole,
    'revert of 100': revert,
    'rollback of 100': rollback,
  };
}

async function returnTo(plane: ControlPlane, revision: number): Promise<void> {
  const { plan } = await planRollback(plane, { environment: 'production', revision });
  await rollBack(plane, {
    environment: 'production',
    revision,
    planDigest: plan.digest,
    runs: 'finish',
    reason: 'bench',
    by: 'bench',
    acknowledge: plan.risks.filter(({ gate }) => gate === 'ack').map(({ id }) => id),
  });
}

async function timed(work: () => Promise<unknown>): Promise<Measure> {
  const started = performance.now();
  await work();
  return { value: performance.now() - started, unit: 'ms' };
}
