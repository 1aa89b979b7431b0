import { openSync, writeSync } from 'node:fs';
import { DatabaseExecutor } from '../../src/run/database-executor.ts';
import type { RunWrite, WriteAnswer } from '../../src/run/executor.ts';
import { openDatabase } from '../../src/store/database.ts';
import { workerOn } from '../support/runs.ts';

// A worker on the embedded database, to be killed: `embedded-main.ts <directory> <acknowledged>`. It appends each step
// to the file once the database has accepted it, and says so of the first; what was appended outlives the process.
const [directory = '', acknowledged = ''] = process.argv.slice(2);
const log = openSync(acknowledged, 'a');
let first = true;

class Acknowledging extends DatabaseExecutor {
  override async journal(write: RunWrite): Promise<WriteAnswer> {
    return acknowledge(write, await super.journal(write));
  }

  override async complete(write: Parameters<DatabaseExecutor['complete']>[0]): Promise<WriteAnswer> {
    return acknowledge(write, await super.complete(write));
  }
}

function acknowledge(write: RunWrite, answer: WriteAnswer): WriteAnswer {
  if (answer.kind === 'accepted') {
    const lines = write.entries
      .filter((entry) => !answer.conflicts.includes(entry.path))
      .map(({ path, phase }) => `${write.run} ${path} ${phase}\n`);
    if (lines.length > 0) {
      writeSync(log, lines.join(''));
      if (first) process.stdout.write('accepted\n');
      first = false;
    }
  }
  return answer;
}

const from = performance.now();
const database = await openDatabase({ directory });
const worker = workerOn(database, { executor: new Acknowledging(database), slots: 64 });
await worker.start();
process.stdout.write(`started in ${performance.now() - from} ms\n`);
