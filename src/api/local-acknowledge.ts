import { acknowledge } from '../apply/acknowledge.ts';
import { channels } from '../bus/bus.ts';
import type { ControlPlane } from '../controller/planning.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import { approversText } from '../plan/approvers.ts';
import type { Plan } from '../plan/change.ts';
import type { Person } from '../policy/person.ts';
import type { AcknowledgeOperations, AcknowledgeRecord, AcknowledgeRequest } from './operations-acknowledge.ts';
import type { PlanRequest } from './operations.ts';

type PlanAgain = (request: PlanRequest) => Promise<Plan>;

/** `planAgain` is what the plan of the door itself is made with: what is acknowledged is what it shows. */
export function acknowledgeOperations(
  plane: ControlPlane,
  person: Person,
  planAgain: PlanAgain,
): AcknowledgeOperations {
  return {
    acknowledge: async (request) => {
      const { environment, ref } = request;
      const plan = await planAgain({ environment, ...(ref === undefined ? {} : { ref }) });
      return acknowledgeRequest(plane, person, { ...request, plan });
    },
  };
}

async function acknowledgeRequest(
  { database }: ControlPlane,
  person: Person,
  request: AcknowledgeRequest & { readonly plan: Plan },
): Promise<AcknowledgeRecord> {
  const { environment, ids, planDigest, reason, plan } = request;
  if (!plan.digest.startsWith(planDigest)) throw stale(plan, planDigest);
  const { outstanding, alone } = await acknowledge(database, plan, {
    by: person.name,
    membership: person,
    ids,
    ...(reason === undefined ? {} : { reason }),
  });
  // Losing it is harmless: controllers also look by themselves.
  await database.notify(channels.acknowledged, environment).catch(() => undefined);
  return {
    environment,
    planDigest: plan.digest,
    by: person.name,
    acknowledged: [...new Set(ids)],
    outstanding: outstanding.map(({ id, title, approvers, missing, acknowledgeable }) => {
      return { id, title, approvers: approversText(approvers), missing, acknowledgeable };
    }),
    alone,
  };
}

function stale({ environment, digest }: Plan, asked: string): TerminalError {
  const [was, is] = [asked, digest].map((one) => one.slice(0, 16));
  return new TerminalError(
    `Plan ${was} is stale: planned again, ${environment} gives ${is}. Nothing was acknowledged.`,
    { code: 'plan.stale', help: 'Run `pawl plan` again and look at what changed.', exit: exitCodes.conflict },
  );
}
