import type { Json } from '../manifest/json.ts';
import { type Attempt, noCharge, settle } from './attempt.ts';
import type { ToolStepCall } from './ask.ts';
import { errorOf, isOfStep } from './failure.ts';
import { Halted, Suspended } from './halt.ts';
import type { Outside } from './outside.ts';
import type { CallResult } from './replay.ts';
import { screenOutput } from './screening-result.ts';

/**
 * Lets another agent do the work that a call hands to it, and writes down what came of it. What stops or waits inside
 * leaves the call open: whoever takes the run up goes in again, and the journal answers the inner calls.
 */
export async function passInnerAgent(
  attempt: Attempt<ToolStepCall>,
  enter: () => Promise<Json>,
  world: Outside,
): Promise<CallResult> {
  try {
    const given = await enter();
    const kept = await screenOutput(attempt, given, world);
    const decision = kept?.decision;
    if (kept?.kind === 'closed') {
      settle(attempt, { outcome: 'failed', error: kept.error, decision, ...noCharge });
      return { kind: 'failed', error: kept.error };
    }
    const output = kept?.answer ?? given;
    settle(attempt, { outcome: 'done', body: JSON.stringify(output), decision, ...noCharge });
    return { kind: 'done', output };
  } catch (cause) {
    if (cause instanceof Halted || cause instanceof Suspended) throw cause;
    const { code, message } = errorOf(cause);
    // What says that pawl itself cannot go on is nothing that an agent is told.
    if (!isOfStep({ code, message })) throw cause;
    const error = { code, message, retryable: false };
    settle(attempt, { outcome: 'failed', error, ...noCharge });
    return { kind: 'failed', error };
  }
}
