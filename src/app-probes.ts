import { hostname } from 'node:os';
import { secretsOf } from './app-secrets.ts';
import type { Closers } from './closers.ts';
import type { Config } from './config.ts';
import { type Log, subsystemLog } from './log.ts';
import { probeModel } from './models/probe.ts';
import { Periodic } from './run/periodic.ts';
import { Prober } from './run/probes.ts';
import type { ServerProbe } from './run/server-probe.ts';
import type { Database } from './store/database-port.ts';
import { provedTiers } from './tools/isolation/proved-tiers.ts';

interface Starting {
  readonly database: Database;
  readonly log: Log;
  readonly stack: Closers;
}

/** How often a worker asks whether it is its turn; an environment's own turn comes every few minutes. */
const turnMs = 15_000;

/** Looks at what runs need outside, beside a worker: of any number of them one looks at an environment at a time. */
export function startProbes(config: Config, { database, log, stack }: Starting): void {
  const probeLog = subsystemLog(log, 'probes');
  const worker = `${hostname()} ${process.pid}`;
  const isolation = provedTiers(config.programs);
  // Loaded when there is a server to ask: the protocol's own library takes longer to load than the rest of a worker.
  const probeServer: ServerProbe = async (alone, options) => {
    const probe = await import('./tools/probe-server.ts');
    return await probe.probeServer(alone, { ...options, isolation, log: probeLog });
  };
  const secrets = secretsOf(config, database);
  const prober = new Prober({ database, secrets, probeModel, probeServer, worker, log: probeLog });
  const stop = new AbortController();
  const work = async (): Promise<void> => void (await prober.tick(stop.signal));
  const probes = new Periodic({ name: 'probes', everyMs: turnMs, log: probeLog, work });
  probes.start();
  stack.add(async () => {
    stop.abort();
    await probes.stop();
  });
}
