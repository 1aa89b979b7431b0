import { alone } from './app-alone.ts';
import { startAlerts } from './app-alerts.ts';
import { startGitHub } from './app-github.ts';
import { type Kept, openPlanes } from './app-source.ts';
import type { Service } from './cli/app-port.ts';
import { assertShared } from './cli/refusals.ts';
import type { Closers } from './closers.ts';
import type { Config } from './config.ts';
import { Controller } from './controller/controller.ts';
import { Health } from './controller/health.ts';
import { OutsideWatch } from './controller/outside.ts';
import type { ControlPlane } from './controller/planning.ts';
import { createLog, type Log, subsystemLog } from './log.ts';
import { Periodic } from './run/periodic.ts';
import { watch } from './source/watch.ts';

interface Starting {
  readonly plane: ControlPlane;
  readonly log: Log;
  readonly stack: Closers;
}

/** Who did what nobody asked for. */
const actor = 'controller';

/** A control loop for each repository; what they end with is the first that ends. Closing the stack stops them first. */
export async function startControllers(
  kept: readonly Kept[],
  { log, stack }: Omit<Starting, 'plane'>,
): Promise<Ending> {
  const started: Ending[] = [];
  for (const { config, plane } of kept) started.push(await startController(config, { plane, log, stack }));
  return { ended: Promise.race(started.map(({ ended }) => ended)) };
}

/** Apart from the promise of starting, which would wait for it. */
interface Ending {
  readonly ended: Promise<void>;
}

async function startController(config: Config, { plane, log, stack }: Starting): Promise<Ending> {
  const controller = new Controller({ plane, actor, log: subsystemLog(log, 'controller') });
  const { repository } = config;
  const waker = await watch({
    intervalMs: config.pollMs,
    ...(repository.kind === 'path' ? { path: repository.path } : {}),
  });
  const stop = new AbortController();
  const ended = controller.run(waker, stop.signal);
  stack.add(async () => {
    stop.abort();
    await waker.close();
    await ended;
  });
  startHealth({ plane, log, stack });
  startOutside({ plane, log, stack });
  startAlerts(config, { plane, log, stack });
  startGitHub(config, { plane, log, stack });
  return { ended };
}

const healthMs = 10_000;

/** Watches what was applied, beside a controller: any number of processes may. */
function startHealth({ plane, log, stack }: Starting): void {
  const healthLog = subsystemLog(log, 'health');
  const health = new Health({ plane, actor, log: healthLog });
  const look = new Periodic({
    name: 'health',
    everyMs: healthMs,
    log: healthLog,
    work: async () => void (await health.tick()),
  });
  look.start();
  stack.add(() => look.stop());
}

/** Says what workers found outside, between two passes of a controller. */
function startOutside({ plane, log, stack }: Starting): void {
  const outside = new OutsideWatch(plane.database);
  const look = new Periodic({
    name: 'outside',
    everyMs: healthMs,
    log: subsystemLog(log, 'drift'),
    work: async () => void (await outside.tick()),
  });
  look.start();
  stack.add(() => look.stop());
}

/** The control loop alone, one for each repository, beside others that share its PostgreSQL. */
export async function controllerAlone(config: Config): Promise<Service> {
  assertShared(config, 'controller');
  return alone(config, async (database, stack) => {
    const kept = await openPlanes(config, database, stack);
    return startControllers(kept, { log: createLog(config.logLevel), stack });
  });
}
