import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { NatsBus } from '../../src/bus/nats.ts';
import { readNatsUrl } from '../../src/bus/nats-options.ts';
import { openDatabase } from '../../src/store/database.ts';
import { databaseIdentity } from '../../src/store/identity.ts';
import { overduePools } from '../../src/store/overdue-pools.ts';
import { workerOn } from './runs.ts';

// A worker in a process of its own, to be killed and stopped: `worker-main.ts <database url> <lease ms> <slots> [<NATS url>]`.
// On SIGUSR2 it collects its garbage and says what is left, by the count of such signals.
const [url = '', leaseMs = '15000', slots = '16', natsUrl = ''] = process.argv.slice(2);
const database = await openDatabase({ url });
const nats = natsUrl === '' ? undefined : readNatsUrl(natsUrl);
const bus =
  nats &&
  new NatsBus({
    nats,
    name: 'pawl test',
    fallback: database,
    scope: () => databaseIdentity(database),
    overdue: () => overduePools(database),
  });
const worker = workerOn(database, {
  leaseMs: Number(leaseMs),
  slots: Number(slots),
  graceMs: 2_000,
  ...(bus === undefined ? {} : { bus }),
});
await worker.start();
setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');
let asked = 0;
process.on('SIGUSR2', () => {
  // What the first one finalises only the second one takes away.
  for (let turn = 0; turn < 2; turn += 1) collect();
  process.stdout.write(`heap ${(asked += 1)}: ${process.memoryUsage().heapUsed} bytes\n`);
});
process.stdout.write('started\n');
await once(process, 'SIGTERM');
const stopped = worker.stop();
process.stdout.write('stopping\n');
await stopped;
await bus?.close();
await database.close();
process.stdout.write('stopped\n');
