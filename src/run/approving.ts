import { isJsonObject, type Json } from '../manifest/json.ts';
import type { ConsumedByCall } from '../policy/approval.ts';
import type { Decision } from '../policy/decision.ts';
import { shownArguments } from '../policy/shown-arguments.ts';
import { toolOf } from './ask.ts';
import { approvalPath } from './approvals.ts';
import type { Attempt } from './attempt.ts';
import { askedOf } from './audit-facts.ts';
import { firstAttemptAt } from './caller.ts';
import type { NewWait } from './executor.ts';
import { StepFailure, Suspended } from './halt.ts';
import { assertGoing } from './scope.ts';

/**
 * Puts an action to people, and the branch waits for them; with the last branch that goes on, the run gives its slot,
 * its lease and its budget back. Returns where they have decided meanwhile, so that the gate looks again. A request of
 * the same call for another action is over by then: what was released is never what has changed since.
 */
export async function awaitApproval(attempt: Attempt, decision: Extract<Decision, { kind: 'ask' }>): Promise<void> {
  const { call, scope } = attempt;
  if (call.kind !== 'tool' || !isJsonObject(decision.args)) throw new TypeError('only calls of tools are approved');
  assertGoing(scope);
  const { asks, action, actionDigest, args, batch } = decision;
  const { node, path } = firstAttemptAt(call);
  const answer = await scope.journal.requestApproval({
    path,
    node,
    asks,
    action,
    actionDigest,
    args: JSON.stringify(shownBy(attempt, args)),
    ...(batch === undefined ? {} : { classDigest: batch.classDigest }),
  });
  scope.approvals.set(path, answer.state);
  if (answer.state.state !== 'pending') return;
  const wait: NewWait = { path: approvalPath(path), kind: 'approval', delayMs: answer.remainingMs };
  scope.journal.asked(wait.path);
  scope.journal.note(askedOf(attempt, decision, answer.state.id));
  throw new Suspended([wait]);
}

/**
 * Whether what was released is not what would be done now, as rules or definitions have changed since: then it counts
 * no more, and people are asked about the action as it is. True once for each approval.
 */
export function isAnotherAction(
  { call, scope }: Attempt,
  { reason }: Pick<Extract<Decision, { kind: 'deny' }>, 'reason'>,
): boolean {
  return reason === 'approval.mismatch' && scope.approvals.delete(firstAttemptAt(call).path);
}

/** Notes that a call has used an approval, so that it is not asked of again in this claim. */
export function noteUse({ call, scope: { approvals } }: Attempt, { id }: ConsumedByCall): void {
  const own = firstAttemptAt(call).path;
  for (const [path, known] of approvals) {
    if (known.id !== id) continue;
    const { batch } = known;
    if (batch === undefined) approvals.set(path, { ...known, state: 'consumed' });
    else {
      const left = path === own ? batch.left : batch.left - 1;
      approvals.set(path, { ...known, batch: { ...batch, left, used: [...batch.used, own] } });
    }
  }
}

/** What is known of an approval let a call through, and did not hold: it is asked for anew. */
export function forget({ call, scope: { approvals } }: Attempt, { id }: ConsumedByCall): void {
  const own = firstAttemptAt(call).path;
  for (const [path, known] of approvals) {
    if (known.id !== id) continue;
    if (path === own || known.batch === undefined) approvals.delete(path);
    else approvals.set(path, { ...known, batch: { ...known.batch, left: 0 } });
  }
}

function shownBy({ call, scope }: Attempt, args: Json): Json {
  const tool = call.kind === 'tool' ? toolOf(call.caller, call.name, scope)?.tool : undefined;
  if (tool === undefined)
    throw new StepFailure({
      code: 'run.bundle_unreadable',
      message: 'The bundle does not hold the tool that people are asked about.',
      node: call.node,
    });
  return shownArguments(args, tool.inputSchema);
}
