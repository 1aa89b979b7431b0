// A controller's first start against an empty database, in a process of its own, so that its memory is its own.
import { environmentAt } from '../../src/controller/environments.ts';
import { createControlPlane, planCommit } from '../../src/controller/planning.ts';
import { openRepository } from '../../src/source/repository.ts';
import { openDatabase } from '../../src/store/database.ts';
import { applyAcknowledged } from '../support/apply-acknowledged.ts';

const [path = '', url = ''] = process.argv.slice(2);
const repository = await openRepository({ path, surroundings: { path: process.env['PATH'] ?? '' } });
const database = await openDatabase({ url });
const started = performance.now();
const commit = await repository.resolve('main');
const settings = await environmentAt(repository, commit, 'production');
const planned = await planCommit(createControlPlane(repository, database), { settings, commit });
const plannedAt = performance.now();
const applied = await applyAcknowledged(database, planned, 'bench');
const ended = performance.now();
console.log(
  JSON.stringify({
    revision: applied.revision,
    resources: planned.changes.length,
    planMs: plannedAt - started,
    applyMs: ended - plannedAt,
    peakMb: process.resourceUsage().maxRSS / 1024,
  }),
);
await database.close();
await repository.close();
