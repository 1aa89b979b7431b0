import { alone } from './app-alone.ts';
import { startAlerts } from './app-alerts.ts';
import { startGitHub } from './app-github.ts';
import { eachRepository, openPlane } from './app-source.ts';
import type { Service } from './cli/app-port.ts';
import { assertShared } from './cli/refusals.ts';
import type { Closers } from './closers.ts';
import type { Config } from './config.ts';
import { Controller } from './controller/controller.ts';
import { Health } from './controller/health.ts';
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

/** Starts the control loop and gives what it ends with; closing the stack stops it first. */
export async function startController(
  config: Config,
  { plane, log, stack }: Starting,
): Promise<{ readonly ended: Promise<void> }> {
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

/** The control loop alone, one for each repository, beside others that share its PostgreSQL. */
export async function controllerAlone(config: Config): Promise<Service> {
  assertShared(config, 'controller');
  return alone(config, async (database, stack) => {
    const log = createLog(config.logLevel);
    const started = [];
    for (const one of eachRepository(config)) {
      const plane = await openPlane(one, database, stack);
      started.push(await startController(one, { plane, log, stack }));
    }
    return { ended: Promise.race(started.map(({ ended }) => ended)) };
  });
}
