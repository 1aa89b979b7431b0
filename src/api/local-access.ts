import { accessInForce } from '../controller/access-in-force.ts';
import type { ControlPlane } from '../controller/planning.ts';
import { readRecordedUse } from '../store/recorded-use.ts';
import type { AccessOperations } from './operations-access.ts';

/** `known` refuses the name of an environment that is neither declared nor live. */
export function accessOperations(
  { database }: ControlPlane,
  known: (name: string) => Promise<string>,
): AccessOperations {
  return {
    access: async ({ environment, ...question }) => accessInForce(database, await known(environment), question),
    recordedUse: async ({ environment, days }) =>
      readRecordedUse(database.db, { environment: await known(environment), days }),
  };
}
