// A controller's process that applies one plan; with a checkpoint's name it ends itself there as `kill -9` would.
import { applyWatched } from '../../src/apply/apply.ts';
import { isPawlError } from '../../src/errors.ts';
import { type DatabaseOptions, openDatabase } from '../../src/store/database.ts';
import { readLive } from '../../src/store/live.ts';
import { planFor, type SmallResource } from '../support/plans.ts';

interface Order {
  readonly options: DatabaseOptions;
  readonly environment: string;
  readonly target: readonly SmallResource[];
  readonly commit: string;
  readonly dieAt?: string;
  /** The target is what this revision held. */
  readonly rollbackTo?: number;
  /** Apply begins when a line comes in, so that several processes begin together. */
  readonly waitForLine?: boolean;
}

const order = JSON.parse(process.argv[2] ?? '') as Order;
const database = await openDatabase(order.options);
const plan = planFor(await readLive(database.db, order.environment), order.target, order.commit);
try {
  const applied = await applyWatched({
    database,
    plan,
    by: 'process',
    ...(order.rollbackTo === undefined
      ? {}
      : { rollback: { to: order.rollbackTo, reason: 'bad', runs: 'cancel' as const } }),
    checkpoint: (point) => {
      if (point === order.dieAt) process.kill(process.pid, 'SIGKILL');
    },
  });
  console.log(`applied ${applied.revision}`);
} catch (error) {
  if (!isPawlError(error)) throw error;
  console.log(`refused ${error.code}`);
} finally {
  await database.close();
}
