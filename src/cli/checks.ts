import { existsSync } from 'node:fs';
import type { Config } from '../config.ts';
import { failureOf } from './failure.ts';
import { neutral } from '../manifest/neutral.ts';
import type { Check } from './app-port.ts';
import { checkVector } from './check-vector.ts';
import { readEnvironments } from '../controller/environments.ts';
import type { Repository } from '../source/repository.ts';
import type { Database } from '../store/database.ts';
import { type SchemaState, schemaState } from '../store/migrate.ts';
import { mayChangeRecord } from '../store/roles.ts';
import { vectorState } from '../store/vector.ts';
import { databaseClock } from '../store/clock.ts';
import type { SecretInspection } from '../tools/secret-inspection.ts';

export interface Openers {
  readonly database: () => Promise<Database>;
  /** What carries wake-ups between machines beside PostgreSQL, in words; undefined: nothing does. */
  readonly bus: () => Promise<string | undefined>;
  /** Each that the settings name. */
  readonly repositories: readonly (() => Promise<Repository>)[];
  /** The `pawl up` that runs here, where one does. */
  readonly server: () => Promise<RunningServer | undefined>;
  /** What a worker in this place could read of secrets, without reading any. */
  readonly secrets: () => Promise<SecretInspection>;
}

export interface RunningServer {
  readonly address: string;
  readonly pid: number;
  readonly version: string;
}

/** A worker's clock may be this far from the database's before it is worth a warning: leases go by the database's. */
const skewMs = 5_000;

const unfit = {
  empty: { detail: 'no tables of pawl yet', help: 'Run `pawl migrate`.' },
  outdated: { detail: 'of an older pawl', help: 'Run `pawl migrate`.' },
  newer: { detail: 'of a newer pawl', help: 'Use the newer pawl.' },
  changed: {
    detail: 'made by another build of pawl',
    help: 'Use that build, or a new database: see `pawl explain store.schema_changed`.',
  },
} as const satisfies Record<Exclude<SchemaState['state'], 'current'>, Pick<Check, 'detail' | 'help'>>;

/** What a person would look at first when something does not work; never a value of a secret or a URL. */
export async function runChecks(config: Config, openers: Openers): Promise<readonly Check[]> {
  const server = await openers.server();
  return [
    checkNode(process.versions.node),
    checkServer(server),
    ...(await checkDatabase(config, openers, server)),
    ...(await checkBus(openers)),
    ...(await Promise.all(openers.repositories.map(checkRepository))).flat(),
    ...checkSecrets(await openers.secrets()),
  ];
}

function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isSupported = major > 20 || (major === 20 && minor >= 19);
  if (!isSupported)
    return { name: 'node', state: 'failed', detail: `Node ${version}`, help: 'Use Node 20.19 or newer.' };
  if (major === 20)
    return { name: 'node', state: 'warning', detail: `Node ${version}, which gets no more security fixes` };
  return { name: 'node', state: 'ok', detail: `Node ${version}` };
}

function checkServer(server: RunningServer | undefined): Check {
  if (server === undefined)
    return { name: 'server', state: 'ok', detail: 'no `pawl up` runs here; commands open the database themselves' };
  return { name: 'server', state: 'ok', detail: `pawl ${server.version} at ${server.address}, process ${server.pid}` };
}

async function checkDatabase(
  config: Config,
  openers: Openers,
  server: RunningServer | undefined,
): Promise<readonly Check[]> {
  const { database: choice } = config;
  if (choice.kind === 'embedded' && server !== undefined) {
    return [{ name: 'database', state: 'ok', detail: `embedded, in .pawl/db, held by process ${server.pid}` }];
  }
  if (choice.kind === 'embedded' && !existsSync(choice.directory)) {
    return [{ name: 'database', state: 'ok', detail: 'embedded, made by the first plan in .pawl/db' }];
  }
  const where = choice.kind === 'embedded' ? 'embedded, in .pawl/db' : 'PostgreSQL';
  let database: Database | undefined;
  try {
    database = await openers.database();
    const { state, known } = await schemaState(database.db);
    const apart = Math.abs((await databaseClock(database.db)).getTime() - Date.now());
    return [
      { name: 'database', state: 'ok', detail: where },
      state === 'current'
        ? { name: 'schema', state: 'ok', detail: known.at(-1) ?? 'empty' }
        : {
            name: 'schema',
            state: 'failed',
            ...unfit[state],
          },
      ...(state === 'current' ? [await checkRecord(database)] : []),
      // The embedded one creates it when it is first needed.
      ...(database.kind === 'postgres' ? [checkVector(await vectorState(database.db))] : []),
      apart <= skewMs
        ? { name: 'clock', state: 'ok', detail: `${apart} ms from the database's` }
        : {
            name: 'clock',
            state: 'warning',
            detail: `${apart} ms from the database's`,
            help: 'Set the clock; leases go by the database.',
          },
    ];
  } catch (error) {
    return [failedCheck('database', error)];
  } finally {
    await database?.close();
  }
}

/** Whether whoever runs pawl could change what is recorded. */
async function checkRecord(database: Database): Promise<Check> {
  const name = 'record';
  if (database.kind === 'embedded') return { name, state: 'ok', detail: 'append-only by trigger alone' };
  if (!(await mayChangeRecord(database))) return { name, state: 'ok', detail: 'append-only for this account' };
  return {
    name,
    state: 'warning',
    detail: 'append-only by trigger alone: this account owns the tables or may change them',
    help: 'Run `pawl migrate --roles`, and let pawl connect as a member of pawl_app.',
  };
}

async function checkBus({ bus }: Openers): Promise<readonly Check[]> {
  try {
    const detail = await bus();
    return detail === undefined ? [] : [{ name: 'bus', state: 'ok', detail }];
  } catch (error) {
    // What the client says names servers and reasons; a login is in none of it.
    const why = error instanceof Error ? error.message : String(error);
    const help = 'Start nats-server with JetStream (-js); until then PostgreSQL carries the wake-ups.';
    return [{ name: 'bus', state: 'warning', detail: `bus.unreachable: ${neutral(why)}`, help }];
  }
}

async function checkRepository(open: () => Promise<Repository>): Promise<readonly Check[]> {
  let repository: Repository | undefined;
  try {
    repository = await open();
    const reader = repository.kind === 'git-cli' ? 'the git program' : 'isomorphic-git';
    const environments = await readEnvironments(repository);
    const names = environments.map(({ name, branch }) => `${name} (${branch})`).join(', ');
    return [
      { name: 'repository', state: 'ok', detail: `${repository.place}, read by ${reader}` },
      { name: 'environments', state: 'ok', detail: names },
    ];
  } catch (error) {
    return [failedCheck('repository', error)];
  } finally {
    await repository?.close();
  }
}

/** Names, folders and public keys; whether a worker elsewhere may read the same, only its own doctor can say. */
function checkSecrets({ variables, folders, ageKey, storedKeys }: SecretInspection): Check[] {
  const detail = variables.length === 0 ? 'no variables that a Secret may name' : variables.join(', ');
  const checks: Check[] = [{ name: 'secrets', state: 'ok', detail }];
  for (const { path, fault, byDefault } of folders) {
    if (fault === undefined) checks.push({ name: 'secret files', state: 'ok', detail: path });
    else if (!byDefault) checks.push({ name: 'secret files', state: 'warning', detail: fault });
  }
  if (ageKey?.fault !== undefined) checks.push({ name: 'age key', state: 'warning', detail: ageKey.fault });
  else if (ageKey !== undefined) checks.push({ name: 'age key', state: 'ok', detail: ageKey.recipients.join(', ') });
  if (storedKeys?.fault !== undefined) checks.push({ name: 'secret key', state: 'warning', detail: storedKeys.fault });
  else if (storedKeys !== undefined)
    checks.push({ name: 'secret key', state: 'ok', detail: storedKeys.ids.join(', ') });
  return checks;
}

function failedCheck(name: string, error: unknown): Check {
  const { code, message, help } = failureOf(error);
  return { name, state: 'failed', detail: `${code}: ${message}`, ...(help === undefined ? {} : { help }) };
}
