import { DatabaseExecutor } from '../../src/run/database-executor.ts';
import type { Executor, RunWrite, WriteAnswer } from '../../src/run/executor.ts';
import type { Outside } from '../../src/run/outside.ts';
import { openDatabase } from '../../src/store/database.ts';
import { workerOn } from './runs.ts';

/** Where a worker dies, or is stopped: the call's intent and result are those of nodes that the test names `call-…`. */
export type DeathPoint = 'before-intent' | 'after-intent' | 'before-sending' | 'before-result' | 'before-end';

// A worker that strikes itself when so many runs have come to one point: `dying-worker-main.ts <url> <point> <runs>
// <signal> <lease ms>`. After SIGSTOP it goes on where it was as soon as somebody wakes it.
const [url = '', point = '', runs = '1', signal = 'SIGKILL', leaseMs = '120000'] = process.argv.slice(2);
const lease = { leaseMs: Number(leaseMs) };

let arrived = 0;
const waiting: (() => void)[] = [];

/** The last run to arrive strikes the process, so that nothing of any of them goes on before. */
function strike(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    arrived += 1;
    if (arrived !== Number(runs)) return;
    process.stdout.write('struck\n');
    process.kill(process.pid, signal);
    // Nothing below happens to a process that was killed; one that was stopped comes here when it is woken.
    if (signal === 'SIGSTOP') for (const goOn of waiting) setTimeout(goOn, 50);
  });
}

function isAt(write: RunWrite, phase: 'intent' | 'result'): boolean {
  return write.entries.some((entry) => entry.phase === phase && entry.node.startsWith('call-'));
}

class DyingExecutor extends DatabaseExecutor implements Executor {
  override async journal(write: RunWrite): Promise<WriteAnswer> {
    if (point === 'before-intent' && isAt(write, 'intent')) await strike();
    if (point === 'before-result' && isAt(write, 'result')) await strike();
    const answer = await super.journal(write);
    if (point === 'after-intent' && isAt(write, 'intent')) await strike();
    return answer;
  }

  override async complete(write: Parameters<DatabaseExecutor['complete']>[0]): Promise<WriteAnswer> {
    // An end is written behind the run's results, and one of them is held back.
    if (point === 'before-result') return new Promise(() => undefined);
    const { worker, run, fence } = write;
    // What was handed over before is durable by the time that an empty write behind it is.
    if (point === 'before-end') await super.journal({ worker, run, fence, entries: [] }).then(strike);
    return super.complete(write);
  }
}

/** The call was let through, and the lease was fresh when that was looked at: nothing is sent yet. */
const outside: Outside = {
  model: () => Promise.reject(new TypeError('no model is asked here')),
  async tool(tool, args, options) {
    const isLast = point === 'before-sending' && options.path.startsWith('call-');
    if (isLast) await strike();
    const outcome = await options.world.tool(tool, args, options);
    if (isLast) process.stdout.write(`went on: ${outcome.kind}\n`);
    return outcome;
  },
};

const database = await openDatabase({ url });
const worker = workerOn(database, { executor: new DyingExecutor(database, lease), outside, ...lease });
await worker.start();
