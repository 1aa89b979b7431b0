import { endOverride, type Overridden, setOverride } from '../controller/override.ts';
import type { ControlPlane } from '../controller/planning.ts';
import type { Override } from '../plan/override.ts';
import type { Person } from '../policy/person.ts';
import { readActiveOverrides } from '../store/override.ts';
import type { OverriddenRecord, OverrideOperations, OverrideRecord } from './operations-override.ts';

/** `known` refuses the name of an environment that is neither declared nor live. */
export function overrideOperations(
  plane: ControlPlane,
  person: Person,
  known: (name: string) => Promise<string>,
): OverrideOperations {
  const asked = { by: person.name, membership: person };
  return {
    overrides: async (environment) =>
      (await readActiveOverrides(plane.database.db, await known(environment))).map(overrideRecord),
    setOverride: async ({ environment, ...request }) =>
      overriddenRecord(await setOverride(plane, { ...request, environment: await known(environment), ...asked })),
    endOverride: async ({ environment, ...request }) =>
      overriddenRecord(await endOverride(plane, { ...request, environment: await known(environment), ...asked })),
  };
}

function overrideRecord({ id, address, spec, reason, by, setAt, expiresAt }: Override): OverrideRecord {
  return { id, address, spec, reason, by, setAt, expiresAt };
}

function overriddenRecord({ override, revision, plan }: Overridden): OverriddenRecord {
  const systems = plan.bundles.map(({ system }) => system);
  return { environment: plan.environment, revision, override: overrideRecord(override), systems };
}
