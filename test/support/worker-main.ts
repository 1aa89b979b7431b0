import { once } from 'node:events';
import { openDatabase } from '../../src/store/database.ts';
import { workerOn } from './runs.ts';

// A worker in a process of its own, to be killed and stopped: `worker-main.ts <database url> <lease ms> <slots>`.
const [url = '', leaseMs = '15000', slots = '16'] = process.argv.slice(2);
const database = await openDatabase({ url });
const worker = workerOn(database, { leaseMs: Number(leaseMs), slots: Number(slots), graceMs: 2_000 });
await worker.start();
process.stdout.write('started\n');
await once(process, 'SIGTERM');
const stopped = worker.stop();
process.stdout.write('stopping\n');
await stopped;
await database.close();
process.stdout.write('stopped\n');
