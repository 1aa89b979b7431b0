import { TerminalError } from '../errors.ts';
import type { Address, EnvironmentSettings, Resource, Snapshot } from '../manifest/resource.ts';
import type { Change, Live } from '../plan/change.ts';
import { bodiesNeeded, diff } from '../plan/diff.ts';
import { readBodies } from '../store/spec.ts';
import type { ControlPlane } from './planning.ts';
import { liveOf } from './planning.ts';

export interface Drifted {
  readonly live: Live;
  /** From the revision's value to the one that is live. */
  readonly drift: readonly Change[];
}

/** What live holds that the applied revision does not say; needs no Git. `deep` sees edits past the triggers too. */
export async function driftOf(plane: ControlPlane, environment: string, deep = true): Promise<Drifted> {
  const live = await liveOf(plane, environment, deep);
  return { live, drift: await driftIn(plane, live) };
}

/** Of rows that were read already. */
export async function driftIn(plane: ControlPlane, live: Live): Promise<readonly Change[]> {
  const moved = [...live.heads.values()].filter(({ applied, live: held }) => applied !== held);
  if (moved.length === 0) return [];
  const { db } = plane.database;
  // Two questions of one store: an edited body is found by its row, and what was applied by its digest.
  const wanted = new Set(moved.flatMap(({ applied, live: held }) => [applied, held]).flatMap((one) => one ?? []));
  const bodies = await readBodies(db, wanted);
  const few: Live = { ...live, heads: new Map(moved.map((head) => [head.address, head])) };
  const applied = appliedSnapshot(few, bodies);
  for (const digest of bodiesNeeded(applied, few)) if (!bodies.has(digest)) throw lostBody(digest);
  return diff(applied, few, { bodies }).drift;
}

/** Those of the drifted resources that a command names; all of them where it names none. */
export function chosenDrift(drift: readonly Change[], addresses: readonly Address[]): readonly Change[] {
  if (addresses.length === 0) return drift;
  const known = new Map(drift.map((change) => [change.address, change]));
  return addresses.map((address) => known.get(address) ?? notDrifted(address));
}

function notDrifted(address: Address): never {
  throw new TerminalError(`${address} has not drifted.`, {
    code: 'drift.unknown',
    help: 'Look at `pawl drift`: it lists the addresses.',
  });
}

function lostBody(digest: string): TerminalError {
  return new TerminalError(`The content ${digest.slice(0, 12)} is not in the store.`, {
    code: 'plan.body_missing',
    help: 'Restore the database from a backup, or put the row right by hand, then look again.',
  });
}

/** The applied revision as a snapshot, so that drift is a difference like any other. */
function appliedSnapshot(live: Live, bodies: Awaited<ReturnType<typeof readBodies>>): Snapshot {
  const resources = new Map<Address, Resource>();
  for (const { address, applied, file, line } of live.heads.values()) {
    if (applied === undefined) continue;
    const [kind = '', namespace = '', name = ''] = address.split('/');
    resources.set(address, {
      address,
      kind: kind as Change['kind'],
      namespace,
      name,
      manifest: bodies.get(applied) ?? {},
      digest: applied,
      place: { file, line, column: 1 },
    });
  }
  const environment: EnvironmentSettings = { name: live.environment, branch: '', paths: [], apply: 'manual' };
  return { environment, commit: live.commit ?? '', tree: '', resources, root: live.root, problems: [] };
}
