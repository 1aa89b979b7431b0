import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSource } from './app-source.ts';
import { opening } from './closers.ts';
import type { Config } from './config.ts';
import { applyLocally } from './controller/local-environment.ts';
import { type ControlPlane, createControlPlane } from './controller/planning.ts';
import { createLog, subsystemLog } from './log.ts';
import { type RecordedRun, type Replayed, type ReplayOptions, replayRun } from './run/replay-run.ts';
import { OnlyCopy } from './source/only-copy.ts';
import { openDatabase } from './store/database.ts';
import { migrate } from './store/migrate.ts';
import type { SecretSource } from './tools/secret-reading.ts';
import { packageVersion } from './version.ts';

/**
 * The files of the working copy, or of a commit, live in a database of their own. Nothing of it stays, and what is live
 * is not looked at.
 */
export function openLocal<Door>(
  config: Config,
  { environment, ref }: { readonly environment: string | undefined; readonly ref: string | undefined },
  doorOn: (plane: ControlPlane, close: () => Promise<void>) => Door,
): Promise<Door> {
  return opening(async (stack) => {
    const directory = await mkdtemp(join(tmpdir(), 'pawl-local-'));
    stack.add(() => rm(directory, { recursive: true, force: true }));
    const database = await openDatabase({ directory: join(directory, 'db') });
    stack.add(() => database.close());
    await migrate(database);
    const repository = ref === undefined ? new OnlyCopy({ root: config.root }) : await openSource(config);
    if (ref !== undefined) stack.add(() => repository.close());
    const plane = createControlPlane(repository, database);
    await applyLocally(plane, { environment, ref, by: config.actor });
    return doorOn(plane, () => stack.close());
  });
}

/** Executes a recorded run again in this process; secrets are read as a worker here would read them. */
export function replayWith(
  config: Config,
  secrets: SecretSource,
): (recorded: RecordedRun, options: Omit<ReplayOptions, 'secrets' | 'log' | 'version'>) => Promise<Replayed> {
  const log = createLog(config.logLevel === 'info' ? 'warn' : config.logLevel);
  const version = packageVersion();
  return (recorded, options) =>
    replayRun(recorded, {
      ...options,
      secrets,
      log: subsystemLog(log, 'replay'),
      version,
    });
}
