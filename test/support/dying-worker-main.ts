import { DatabaseExecutor } from '../../src/run/database-executor.ts';
import type { Executor, RunWrite, WriteAnswer } from '../../src/run/executor.ts';
import { openDatabase } from '../../src/store/database.ts';
import { workerOn } from './runs.ts';

/** Where a worker dies: the call's intent and result are those of nodes that the test names `call-…`. */
export type DeathPoint = 'before-intent' | 'after-intent' | 'before-result' | 'before-end';

// A worker that kills itself when so many runs have come to one point: `dying-worker-main.ts <url> <point> <runs>`.
const [url = '', point = '', runs = '1'] = process.argv.slice(2);
const leaseMs = 120_000;

let arrived = 0;
/** Never comes back: the last run to arrive ends the process, so that nothing of any of them goes on. */
function die(): Promise<never> {
  arrived += 1;
  if (arrived === Number(runs)) process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
}

function isAt(write: RunWrite, phase: 'intent' | 'result'): boolean {
  return write.entries.some((entry) => entry.phase === phase && entry.node.startsWith('call-'));
}

class DyingExecutor extends DatabaseExecutor implements Executor {
  override async journal(write: RunWrite): Promise<WriteAnswer> {
    if (point === 'before-intent' && isAt(write, 'intent')) return die();
    if (point === 'before-result' && isAt(write, 'result')) return die();
    const answer = await super.journal(write);
    if (point === 'after-intent' && isAt(write, 'intent')) return die();
    return answer;
  }

  override complete(write: Parameters<DatabaseExecutor['complete']>[0]): Promise<WriteAnswer> {
    // An end is written behind the run's results, and one of them is held back.
    if (point === 'before-result') return new Promise(() => undefined);
    const { worker, run, fence } = write;
    // What was handed over before is durable by the time that an empty write behind it is.
    if (point === 'before-end') return super.journal({ worker, run, fence, entries: [] }).then(die);
    return super.complete(write);
  }
}

const database = await openDatabase({ url });
const worker = workerOn(database, { executor: new DyingExecutor(database, { leaseMs }), leaseMs });
await worker.start();
