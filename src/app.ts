import { openForge } from './app-forge.ts';
import { alone, forever } from './app-alone.ts';
import { controllerAlone, startControllers } from './app-controller.ts';
import { eachRepository, type Kept, openPlanes, openSource, sourceName } from './app-source.ts';
import { startProbes } from './app-probes.ts';
import { deliveringOf } from './app-alerts.ts';
import { startScheduler } from './app-triggers.ts';
import { createClient, isAnswering } from './api/client.ts';
import { createLocalOperations } from './api/local.ts';
import { operationsOfSeveral } from './api/several.ts';
import { inspectBus, openStore } from './app-database.ts';
import { examine } from './app-doctor.ts';
import { openLocal, replayWith } from './app-local.ts';
import { listServer } from './app-pins.ts';
import type { Operations } from './api/operations.ts';
import { findServer } from './api/server-file.ts';
import { remoteClient, serveApi, startOwnApi } from './app-api.ts';
import { secretsOf } from './app-secrets.ts';
import { createWorker, createWorkers, workUntil } from './app-worker.ts';
import { autoscale } from './app-workers.ts';
import type { App, Door, Migrated, MigrateRequest, Service, UpService, WorkerStart } from './cli/app-port.ts';
import type { Openers } from './cli/checks.ts';
import { alreadyUp, assertShared } from './cli/refusals.ts';
import { bareEnvironment, readConfig } from './config.ts';
import type { Config } from './config.ts';
import type { Environment } from './environment.ts';
import { createControlPlane } from './controller/planning.ts';
import type { ControlPlane } from './controller/planning.ts';
import { createLog, subsystemLog } from './log.ts';
import { opening } from './closers.ts';
import { localPerson, type Person } from './policy/person.ts';
import { defaultPool } from './run/pool.ts';
import { unreachableRepository } from './source/unreachable.ts';
import { WorkingCopy } from './source/working-copy.ts';
import { assertSchema, migrate, schemaState } from './store/migrate.ts';
import type { Database } from './store/database.ts';
import { setUpRoles } from './store/roles.ts';
import { switchRunEvents } from './store/run-event.ts';
import { prepareVectors } from './store/vector.ts';
import { readWorkersPool } from './store/worker-pool.ts';
import { inspectSecretSource } from './tools/secret-inspection.ts';
import { packageVersion } from './version.ts';

/** Puts the parts together for one process that works in `cwd`. The only file that knows all of them. */
export function createApp(cwd: string, environment?: Environment): App {
  return appOf(readConfig(cwd, environment), cwd);
}

/** The same, untouched by the user's settings: an embedded database in the folder, and nothing else. */
export function createBareApp(cwd: string): App {
  return createApp(cwd, bareEnvironment());
}

function appOf(config: Config, cwd: string): App {
  return {
    config,
    open: () => openDoor(config),
    openLocal: (environment, ref) =>
      openLocal(config, { environment, ref }, (plane, close) => embeddedDoor(config, plane, close)),
    listServer: (server, signal) => listServer(config, server, signal),
    replay: replayWith(config, secretsOf(config)),
    migrate: (request) => withDatabase(config, (database) => bringUp(database, request)),
    doctor: () => examine(config, openersOf(config)),
    up: (options) => up(config, options.port),
    serve: (options) => serveAlone(config, options),
    controller: () => controllerAlone(config),
    worker: (options) => workerAlone(config, options),
    workers: (options) => autoscale(config, { ...options, cwd }),
  };
}

async function openDoor(config: Config): Promise<Door> {
  const served = await runningServer(config);
  if (served !== undefined) return { operations: served, via: 'server', close: () => served.close() };
  const database = await openStore(config);
  try {
    await makeReady(database);
    const operations = await localOperations(config, database);
    const embedded = database.kind === 'embedded';
    return {
      operations,
      via: database.kind,
      // No other process can open the embedded database, so a run is worked on here or not at all.
      ...(embedded
        ? { workUntil: (id: string, signal: AbortSignal) => workUntil(config, { database, operations, id, signal }) }
        : {}),
      close: () => operations.close(),
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

function embeddedDoor(config: Config, plane: ControlPlane, close: () => Promise<void>): Door {
  const { database } = plane;
  const operations = operationsOn(config, plane, close);
  const work: Door['workUntil'] = (id, signal) => workUntil(config, { database, operations, id, signal });
  return { operations, via: 'embedded', workUntil: work, close: () => operations.close() };
}

/** The embedded database is this user's own and is brought up without asking; a server's schema is its operator's. */
async function makeReady(database: Database): Promise<void> {
  if (database.kind === 'embedded') await migrate(database);
  else await assertSchema(database.db);
}

async function runningServer(config: Config): Promise<Operations | undefined> {
  if (config.server !== undefined) return remoteClient(config.server);
  const found = await answeringServer(config);
  return found && createClient({ address: found.address, token: found.token, version: packageVersion() });
}

async function answeringServer(config: Config): ReturnType<typeof findServer> {
  const found = await findServer(config.stateDirectory);
  return found !== undefined && (await isAnswering(found.address)) ? found : undefined;
}

async function localOperations(config: Config, database: Database): Promise<Operations> {
  const kept: Kept[] = [];
  for (const one of eachRepository(config)) {
    const repository = await openSource(one).catch(unreachableRepository);
    const plane = createControlPlane(repository, database, sourceName(one));
    kept.push({ config: one, plane: { ...plane, forge: openForge(one, one.repository) } });
  }
  const person = localPerson(config.actor);
  return operationsOver(kept, async () => {
    for (const { plane } of kept) await plane.repository.close();
    await database.close();
  })(person);
}

/** The operations of somebody on all of the repositories; closing them closes what they were given to close. */
function operationsOver(kept: readonly Kept[], close: () => Promise<void>): (person: Person) => Operations {
  const each = kept.map(({ config, plane }, index) => {
    return { plane, of: operationsFor(config, plane, index === 0 ? close : () => Promise.resolve()) };
  });
  return (person) => operationsOfSeveral(each.map(({ plane, of }) => ({ plane, operations: of(person) })));
}

function planesOf(kept: readonly Kept[]): readonly ControlPlane[] {
  return kept.map(({ plane }) => plane);
}

function operationsOn(config: Config, plane: ControlPlane, close: () => Promise<void>): Operations {
  return operationsFor(config, plane, close)(localPerson(config.actor));
}

function operationsFor(
  config: Config,
  plane: ControlPlane,
  close: () => Promise<void>,
): (person: Person) => Operations {
  const workingCopy = config.repository.kind === 'path' ? new WorkingCopy({ root: config.repository.path }) : undefined;
  const log = subsystemLog(createLog(config.logLevel), 'plan');
  const { database } = plane;
  const secrets = secretsOf(config, database);
  const delivering = deliveringOf({ database, secrets, publicUrl: config.api.publicUrl });
  return (person) =>
    createLocalOperations({
      plane,
      person,
      workingCopy,
      log,
      secretKeys: config.secrets.storedKeys,
      delivering,
      hasProvider: config.api.oidc !== undefined,
      close,
    });
}

function openersOf(config: Config): Openers {
  return {
    database: () => openStore(config),
    bus: () => inspectBus(config),
    repositories: eachRepository(config).map((one) => () => openSource(one)),
    server: () => answeringServer(config),
    secrets: () => inspectSecretSource(config.secrets),
  };
}

async function withDatabase<Result>(config: Config, use: (database: Database) => Promise<Result>): Promise<Result> {
  const database = await openStore(config);
  try {
    return await use(database);
  } finally {
    await database.close();
  }
}

async function bringUp(database: Database, { roles, events: state }: MigrateRequest): Promise<Migrated> {
  const applied = await migrate(database);
  const { applied: all } = await schemaState(database.db);
  const pgvector = await prepareVectors(database);
  const events = state && { state, changed: await switchRunEvents(database, state === 'on') };
  const done = { applied, current: all.at(-1) ?? '', pgvector, ...(events === undefined ? {} : { events }) };
  return roles ? { ...done, roles: await setUpRoles(database) } : done;
}

async function up(config: Config, port: number): Promise<UpService> {
  const running = await answeringServer(config);
  if (running !== undefined) throw alreadyUp(running.address);
  const log = createLog(config.logLevel);
  return opening(async (stack) => {
    const database = await openStore(config);
    stack.add(() => database.close());
    await makeReady(database);
    const kept = await openPlanes(config, database, stack);
    const workers = createWorkers(config, { database, log });
    await workers.start();
    stack.add(() => workers.stop());
    await startScheduler(database, log, stack);
    startProbes(config, { database, log, stack });
    const { ended } = await startControllers(kept, { log, stack });
    const operations = operationsOver(kept, () => Promise.resolve());
    const address = await startOwnApi(config, { planes: planesOf(kept), database, log, stack, port, operations });
    return { address, ended, stop: () => stack.close() };
  });
}

/** The API alone, for everybody whom a token or the identity provider proves. */
async function serveAlone(
  config: Config,
  options: { readonly host: string; readonly port: number },
): Promise<UpService> {
  assertShared(config, 'server');
  let address = '';
  const service = await alone(config, async (database, stack) => {
    const kept = await openPlanes(config, database, stack);
    const operations = operationsOver(kept, () => Promise.resolve());
    const log = createLog(config.logLevel);
    address = await serveApi(config, { planes: planesOf(kept), database, log, stack, operations, ...options });
    return { ended: forever() };
  });
  return { ...service, address };
}

async function workerAlone(config: Config, options: WorkerStart): Promise<Service> {
  assertShared(config, 'worker');
  return alone(config, async (database, stack) => {
    const log = createLog(config.logLevel);
    const { name: pool, concurrency } = await readWorkersPool(database, options.pool ?? defaultPool);
    const slots = options.slots ?? concurrency ?? config.workerSlots;
    const worker = createWorker(config, { database, log, slots, pool });
    await worker.start();
    stack.add(() => worker.stop());
    await startScheduler(database, log, stack);
    startProbes(config, { database, log, stack });
    return { ended: forever() };
  });
}
