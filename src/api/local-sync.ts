import { channels } from '../bus/bus.ts';
import type { ControlPlane } from '../controller/planning.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { Person } from '../policy/person.ts';
import { readConditions } from '../store/condition.ts';
import { recordEvent } from '../store/event.ts';
import { readSyncStates, resumeSync, suspendSync, takeOver, wantEnvironment } from '../store/sync.ts';
import { inTransaction } from '../store/transaction.ts';
import type { SuspendSyncRequest, SyncOperations, SyncRecord } from './operations-sync.ts';

/** The longest suspension that ends by itself: what is meant for longer is meant until somebody resumes it. */
const suspendMsMax = 7 * 24 * 3_600_000;

/** `known` refuses the name of an environment that is neither declared nor live. */
export function syncOperations(
  plane: ControlPlane,
  person: Person,
  known: (name: string) => Promise<string>,
): SyncOperations {
  const { database, source } = plane;
  const wake = (environment: string) => database.notify(channels.hint, environment).catch(() => undefined);
  return {
    syncState: async (name) => stateOf(plane, await known(name)),
    requestSync: async (name) => {
      const environment = await known(name);
      const wanted = await inTransaction(database, async (trx) => {
        await recordEvent(trx, { environment, actor: person.name, action: 'sync.ask', detail: {} });
        return wantEnvironment(trx, environment);
      });
      await wake(environment);
      // Where no controller has looked yet, its first look is the one that is wanted.
      return { ...(await stateOf(plane, environment)), wanted: wanted ?? 1 };
    },
    suspendSync: async (request) => {
      assertReason(request);
      const environment = await known(request.environment);
      await suspendSync(database, { ...request, environment, by: person.name });
      await wake(environment);
      return stateOf(plane, environment);
    },
    resumeSync: async (name) => {
      const environment = await known(name);
      if (!(await resumeSync(database, { environment, by: person.name }))) throw notSuspended(environment);
      await wake(environment);
      return stateOf(plane, environment);
    },
    claimSync: async (name) => {
      const environment = await known(name);
      await takeOver(database, { repository: source, environment, by: person.name });
      await wake(environment);
      return stateOf(plane, environment);
    },
  };
}

/** Of all environments that controllers know, and of those that are asked for. */
export async function syncRecords(
  plane: ControlPlane,
  names: readonly string[],
): Promise<ReadonlyMap<string, SyncRecord>> {
  const { db } = plane.database;
  const [states, conditions] = await Promise.all([readSyncStates(db), readConditions(db, names)]);
  const byName = new Map(states.map((state) => [state.environment, state]));
  return new Map(
    names.map((environment) => {
      const { repository, wanted = 0, handled = 0, handledAt, suspension } = byName.get(environment) ?? {};
      const seen = (conditions.get(environment) ?? []).map(({ commit, ...condition }) => {
        return { ...condition, ...(commit === undefined ? {} : { commit }) };
      });
      const record: SyncRecord = {
        environment,
        ...(repository === undefined || repository === '' ? {} : { repository }),
        wanted,
        handled,
        ...(handledAt === undefined ? {} : { handledAt }),
        ...(suspension === undefined ? {} : { suspension }),
        conditions: seen,
      };
      return [environment, record];
    }),
  );
}

async function stateOf(plane: ControlPlane, environment: string): Promise<SyncRecord> {
  const found = (await syncRecords(plane, [environment])).get(environment);
  return found ?? { environment, wanted: 0, handled: 0, conditions: [] };
}

function assertReason({ reason, forMs }: SuspendSyncRequest): void {
  if (reason.trim() === '') throw refused('A suspension needs a reason.', 'Pass --reason and say why.');
  if (forMs !== undefined && !(forMs >= 1_000 && forMs <= suspendMsMax)) {
    throw refused(
      'A suspension that ends by itself lasts from one second to seven days.',
      'Leave --for out for longer.',
    );
  }
}

function refused(message: string, help: string): TerminalError {
  return new TerminalError(message, { code: 'sync.refused', help, exit: exitCodes.usage });
}

function notSuspended(environment: string): TerminalError {
  return new TerminalError(`Sync of ${environment} is not suspended.`, {
    code: 'sync.not_suspended',
    help: 'Look at `pawl status`: its time may be over.',
    exit: exitCodes.usage,
  });
}
