import { randomBytes } from 'node:crypto';
import { apply } from '../apply/apply.ts';
import { exitCodes, isPawlError, TerminalError } from '../errors.ts';
import type { JsonObject } from '../manifest/json.ts';
import { isOverridePath, layerOf } from '../manifest/override-layer.ts';
import { kinds, type Address } from '../manifest/resource.ts';
import type { Live, Plan } from '../plan/change.ts';
import type { Override } from '../plan/override.ts';
import { isUnchanged } from '../plan/plan.ts';
import { sensitiveFields, sensitivePointers } from '../plan/sensitive.ts';
import { withoutDrift } from '../plan/without-drift.ts';
import type { Membership } from '../policy/person.ts';
import { snapshot } from '../source/snapshot.ts';
import { readOverrides, type StandingOverride } from '../store/override.ts';
import { environmentAt } from './environments.ts';
import type { ControlPlane } from './planning.ts';
import { liveOf, planTaken } from './planning.ts';

export interface OverrideRequest {
  readonly environment: string;
  readonly address: Address;
  /** Merge patch of the manifest's `spec`. */
  readonly spec: JsonObject;
  readonly reason: string;
  readonly forMs: number;
  readonly by: string;
  readonly membership?: Membership | undefined;
  readonly acknowledge: readonly string[];
}

export interface Overridden {
  readonly override: Override;
  readonly revision: number;
  readonly plan: Plan;
}

/** The longest that an override may last: what is needed for longer is a commit. */
export const overrideMsMax = 7 * 24 * 3_600_000;

/**
 * Changes a live resource at once, without a commit: a revision of the commit that is live with the patch over it. What
 * it newly permits is judged and must be acknowledged as in any plan. Rows that drifted are left to a person.
 */
export async function setOverride(plane: ControlPlane, request: OverrideRequest): Promise<Overridden> {
  assertAllowed(request);
  const { environment, address, spec, reason, forMs, by, membership, acknowledge } = request;
  const id = randomBytes(4).toString('hex');
  const standing = await readOverrides(plane.database.db, environment);
  const known = standing.filter(({ isExpired }) => !isExpired);
  const made: Override = { id, address, spec, reason, by, setAt: '', expiresAt: '' };
  const subject = `Override of ${address}: ${reason}`;
  const planned = await planOver(plane, { environment, overrides: [...known, made], subject });
  assertFits(planned, made);
  const order = { kind: 'set', id, address, spec, reason, forMs } as const;
  const { revision } = await apply(plane.database, planned, { by, membership, acknowledge, override: order });
  const [set] = (await readOverrides(plane.database.db, environment)).filter((one) => one.id === id);
  return { override: set ?? made, revision, plan: planned };
}

/** Takes an override back before its time is up. */
export async function endOverride(
  plane: ControlPlane,
  request: {
    readonly environment: string;
    readonly id: string;
    readonly by: string;
    readonly membership?: Membership | undefined;
    readonly acknowledge: readonly string[];
  },
): Promise<Overridden> {
  const { environment, id, by, membership, acknowledge } = request;
  const standing = await readOverrides(plane.database.db, environment);
  const ended = standing.find((one) => one.id === id);
  if (ended === undefined) throw unknown(environment, id);
  const others = standing.filter((one) => one.id !== id && !one.isExpired);
  const subject = `End the override of ${ended.address}`;
  const planned = await planOver(plane, { environment, overrides: others, subject });
  const order = { kind: 'end', id } as const;
  const returns = isReturn(planned, [ended]);
  const { revision } = await apply(plane.database, planned, { by, membership, acknowledge, returns, override: order });
  return { override: ended, revision, plan: planned };
}

/** Takes back what has run out, whatever Git has come to meanwhile. Undefined: nothing has. */
export async function returnOverrides(
  plane: ControlPlane,
  environment: string,
  by: string,
): Promise<readonly Override[] | undefined> {
  const standing = await readOverrides(plane.database.db, environment);
  const expired = standing.filter(({ isExpired }) => isExpired);
  if (expired.length === 0) return undefined;
  const others = standing.filter(({ isExpired }) => !isExpired);
  const subject = `Overrides have run out: ${expired.map(({ address }) => address).join(', ')}`;
  const planned = await planOver(plane, { environment, overrides: others, subject });
  try {
    await apply(plane.database, planned, { by, returns: isReturn(planned, expired), isAutomatic: true });
  } catch (error) {
    // Another controller was first, somebody applied, or sync is suspended by now: the next tick looks again.
    if (isPawlError(error) && (error.code === 'plan.stale' || error.code === 'sync.suspended')) return undefined;
    throw error;
  }
  return expired;
}

/** The commit that is live with these overrides over it, beside whatever drifted. */
async function planOver(
  plane: ControlPlane,
  {
    environment,
    overrides,
    subject,
  }: { readonly environment: string; readonly overrides: readonly Override[]; readonly subject: string },
): Promise<Plan> {
  const { repository } = plane;
  const live = await liveOf(plane, environment);
  const commit = assertApplied(live);
  const settings = await environmentAt(repository, commit, environment);
  const layered = { ...settings, overrides: overrides.map(layerOf) };
  const taken = await snapshot(repository, { commit, environment: layered }, { cache: plane.snapshots });
  const { plan } = await planTaken(plane, { taken, live: withoutDrift(live), subject }, { overrides });
  return plan;
}

/** Exactly what was live before the override came: everything about it was judged then. */
function isReturn({ target }: Plan, ended: readonly StandingOverride[]): boolean {
  return ended.some(({ base }) => base.root === target.root && base.commit === target.commit);
}

function assertApplied({ environment, revision, commit }: Live): string {
  if (revision > 0 && commit !== undefined) return commit;
  throw refused(`Nothing of ${environment} is live that could be overridden.`, 'Apply a commit first.');
}

function assertAllowed({ address, spec, reason, forMs }: OverrideRequest): void {
  const [name, namespace, resource] = address.split('/');
  const kind = kinds.find((one) => one === name);
  if (kind === undefined || namespace === undefined || resource === undefined) {
    throw refused(`${address} is no address.`, 'Write it as `Agent/support/writer`.');
  }
  if (reason.trim() === '') throw refused('An override needs a reason.', 'Pass --reason and say why.');
  if (!(forMs >= 1_000 && forMs <= overrideMsMax)) {
    throw refused('An override lasts from one second to seven days.', 'Commit what is needed for longer.');
  }
  if (kind === 'Secret' || sensitivePointers({ spec }, sensitiveFields(kind)).length > 0) {
    throw refused(
      `The patch of ${address} touches what is secret.`,
      'Change the secret where it is kept; overrides are read by many.',
    );
  }
}

function assertFits(planned: Plan, { id, address }: Override): void {
  const wrong = planned.problems.find(({ severity, file }) => severity === 'error' && isOverridePath(file));
  const other = wrong ?? planned.problems.find(({ severity }) => severity === 'error');
  if (other !== undefined) throw refused(`The override does not fit: ${other.message}`, other.help ?? '');
  if (isUnchanged(planned)) throw refused(`${address} says that already.`, `There is nothing to override with ${id}.`);
}

function refused(message: string, help: string): TerminalError {
  return new TerminalError(message, { code: 'override.refused', help, exit: exitCodes.findings });
}

function unknown(environment: string, id: string): TerminalError {
  return new TerminalError(`${environment} has no override ${id} in force.`, {
    code: 'override.unknown',
    help: 'Look at `pawl override list`.',
  });
}
