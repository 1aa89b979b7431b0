import { heal, type Healing } from '../apply/heal.ts';
import { isPawlError } from '../errors.ts';
import type { EnvironmentSettings } from '../manifest/resource.ts';
import { driftIn } from './drift.ts';
import type { ControlPlane } from './planning.ts';
import { liveOf } from './planning.ts';

/**
 * Puts drifted rows back where the environment asks for it (`drift: heal`). It needs no Git and no new commit: the
 * record of the current revision says what they were. Undefined: there was nothing to do.
 */
export async function healDrift(
  plane: ControlPlane,
  settings: EnvironmentSettings,
  { actor, deep }: { readonly actor: string; readonly deep: boolean },
): Promise<Healing | undefined> {
  const live = await liveOf(plane, settings.name, deep);
  // What a commit asks for that nobody has agreed to yet, or that is not applied for another reason, does not hold.
  if ((live.rules?.environment ?? settings).drift !== 'heal') return undefined;
  const drift = await driftIn(plane, live);
  if (drift.length === 0) return undefined;
  try {
    return await heal(plane.database, { live, drift, by: actor, automatic: true });
  } catch (error) {
    // Another controller was first, a hand was quicker, or sync is suspended by now: the next tick looks again.
    if (isPawlError(error) && (error.code === 'drift.moved' || error.code === 'sync.suspended')) return undefined;
    throw error;
  }
}
