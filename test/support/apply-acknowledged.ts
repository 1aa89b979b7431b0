import { acknowledge } from '../../src/apply/acknowledge.ts';
import { apply } from '../../src/apply/apply.ts';
import type { AppliedRevision } from '../../src/apply/write.ts';
import type { Controller } from '../../src/controller/controller.ts';
import type { EnvironmentPass } from '../../src/controller/pass.ts';
import { readEnvironment } from '../../src/controller/environments.ts';
import { type ControlPlane, planCommit } from '../../src/controller/planning.ts';
import type { Plan } from '../../src/plan/change.ts';
import type { Database } from '../../src/store/database.ts';

/** Applies a plan, and acknowledges whatever of it asks for that: for tests that are about something else. */
export async function applyAcknowledged(database: Database, plan: Plan, by: string): Promise<AppliedRevision> {
  return apply(database, plan, { by, acknowledge: idsOf(plan) });
}

/** One tick of a controller, and one more where it waits for somebody to acknowledge what the branch says. */
export async function tickAcknowledged(
  controller: Controller,
  plane: ControlPlane,
): Promise<readonly EnvironmentPass[]> {
  const passes = await controller.tick();
  const waiting = passes.filter(({ outcome }) => outcome.kind === 'unacknowledged');
  if (waiting.length === 0) return passes;
  for (const { environment } of waiting) await acknowledgeAll(plane, environment);
  const again = await controller.tick();
  return passes.map((pass) => {
    return waiting.includes(pass) ? (again.find((one) => one.environment === pass.environment) ?? pass) : pass;
  });
}

/** Acknowledges everything that the head of an environment's branch would need. */
export async function acknowledgeAll(plane: ControlPlane, environment: string, by = 'reviewer'): Promise<Plan> {
  const settings = await readEnvironment(plane.repository, environment);
  const plan = await planCommit(plane, { settings, commit: await plane.repository.resolve(settings.branch) });
  await acknowledge(plane.database, plan, { by, ids: idsOf(plan) });
  return plan;
}

function idsOf(plan: Plan): readonly string[] {
  const risks = plan.risks.filter(({ gate }) => gate === 'ack').map(({ id }) => id);
  return [...risks, ...plan.guards.filter(({ acknowledgeable }) => acknowledgeable).map(({ id }) => id)];
}
