import { environmentAt } from '../../src/controller/environments.ts';
import { driftOf } from '../../src/controller/drift.ts';
import { createControlPlane, planCommit } from '../../src/controller/planning.ts';
import { openRepository } from '../../src/source/repository.ts';
import { openDatabase } from '../../src/store/database.ts';
import { editByHand } from '../../src/store/hand-edit.ts';
import { migrate } from '../../src/store/migrate.ts';
import { applyAcknowledged } from '../support/apply-acknowledged.ts';
import type { Bench, Contender } from './context.ts';
import { repositoryOf } from './p1-repository.ts';
import { stateContender, stateNotes, stateTargets } from './p2-states.ts';

const size = 10_000;
const auditMsMax = 150;
const auditsPerRound = 5;

/** P2: looking at every row of a large environment for edits that no trigger saw. */
export const bench: Bench = async (context) => {
  const figures = await context.compare([contender(), stateContender(size)]);
  const audit = figures.find(({ metric }) => metric === 'deep audit');
  const value = audit?.median ?? Number.POSITIVE_INFINITY;
  const claim = `the deep audit of ${size.toLocaleString('en')} resources takes at most ${auditMsMax} ms`;
  return {
    title: 'old states and drift',
    figures,
    targets: [{ claim, value, unit: 'ms', met: value <= auditMsMax }, ...stateTargets(figures)],
    notes: [
      'Deep audit: every body is compared with what was applied; one row was edited and is found.',
      ...stateNotes,
    ],
  };
};

function contender(): Contender {
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
      const plane = createControlPlane(repository, database);
      const commit = await repository.resolve('main');
      const settings = await environmentAt(repository, commit, 'production');
      await applyAcknowledged(database, await planCommit(plane, { settings, commit }), 'bench');
      const { address } = await database.db.selectFrom('resource').select('address').limit(1).executeTakeFirstOrThrow();
      const row = { environment: 'production', address };
      await editByHand(database.db, row, (body) => ({
        ...body,
        metadata: { ...metadataOf(body), labels: { a: 'b' } },
      }));
      return {
        async round() {
          const times: number[] = [];
          for (let audit = 0; audit < auditsPerRound; audit += 1) {
            const started = performance.now();
            const { drift } = await driftOf(plane, 'production');
            times.push(performance.now() - started);
            if (drift.length !== 1) throw new Error(`${drift.length} resources have drifted, not 1`);
          }
          times.sort((a, b) => a - b);
          return { 'deep audit': { value: times[Math.floor(times.length / 2)] ?? 0, unit: 'ms' } };
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

function metadataOf(body: Readonly<Record<string, unknown>>): Record<string, string> {
  return { ...(body['metadata'] as Record<string, string>) };
}
