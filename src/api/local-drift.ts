import { heal, resume } from '../apply/heal.ts';
import { chosenDrift, driftOf } from '../controller/drift.ts';
import type { ControlPlane } from '../controller/planning.ts';
import { TerminalError } from '../errors.ts';
import type { Person } from '../policy/person.ts';
import { healingStoppedAt } from '../store/heal.ts';
import type { DriftOperations, HealingState, HealRecord, HealRequest } from './operations-drift.ts';

/** `known` refuses the name of an environment that is neither declared nor live. */
export function driftOperations(
  plane: ControlPlane,
  person: Person,
  known: (name: string) => Promise<string>,
): DriftOperations {
  const healing = async (environment: string): Promise<HealingState> => {
    return { environment, stoppedAt: await healingStoppedAt(plane.database.db, await known(environment)) };
  };
  return {
    heal: async (request) => healNow(plane, person, { ...request, environment: await known(request.environment) }),
    healing,
    resumeHealing: async (environment) => {
      await resume(plane.database, await known(environment), person.name);
      return healing(environment);
    },
  };
}

async function healNow(plane: ControlPlane, { name: by }: Person, request: HealRequest): Promise<HealRecord> {
  const { environment, addresses } = request;
  const { live, drift } = await driftOf(plane, environment);
  const chosen = chosenDrift(drift, addresses);
  if (chosen.length === 0) return { environment, revision: live.revision, undone: [] };
  const healing = await heal(plane.database, { live, drift: chosen, by, automatic: false });
  if (healing.kind === 'stopped') throw stopped(environment);
  const undone = healing.undone.map(({ address, class: kind, by, at }) => ({ address, class: kind, by, at }));
  return { environment, revision: healing.revision, undone };
}

/** A person is not counted and not stopped. */
function stopped(environment: string): TerminalError {
  return new TerminalError(`Healing of ${environment} has stopped.`, {
    code: 'drift.fight',
    help: 'Run `pawl drift heal --resume`.',
  });
}
