import { mayRepeat, type ToolStepCall, toolOf } from './ask.ts';
import { type Attempt, settle, settleNotMade } from './attempt.ts';
import type { ToolOutcome } from '../tools/tool.ts';
import { beginFlight } from './flights.ts';
import { Halted, haltReasonOf, Suspended } from './halt.ts';
import { settleGivenUp } from './halting.ts';
import type { Outside } from './outside.ts';
import type { Pass } from './passing.ts';
import type { Again, CallResult } from './replay.ts';
import type { Scope } from './scope.ts';
import { screenOutcome } from './screening-result.ts';
import { ToolUse } from './tool-use.ts';

/** Makes the call of a tool, and writes down what became of it, as its guards leave it. */
export async function passTool(
  attempt: Attempt<ToolStepCall>,
  { decision, gate, context, ask, rates }: Pass,
  world: Outside,
): Promise<CallResult | Again> {
  const { call, path, scope } = attempt;
  const tool = toolOf(call.caller, call.name, scope)?.tool;
  const { args } = decision;
  if (tool === undefined || args === undefined) throw new TypeError('a call to no tool');
  const flight = beginFlight(scope.flights, { environment: scope.run.environment, gate, context, signal: call.signal });
  const use = new ToolUse(attempt, flight, { world, ask });
  let given: ToolOutcome;
  try {
    given = await (scope.outside ?? world).tool(tool, args, use);
  } finally {
    flight.end();
  }
  if (given.kind === 'failed' && use.sending.isUnsent) rates?.giveBack();
  assertOwned(scope);
  const screening = screenOutcome(attempt, { tool, outcome: given }, world);
  const { outcome, decision: found } = screening instanceof Promise ? await screening : screening;
  if (screening instanceof Promise) assertOwned(scope);
  const halt = haltReasonOf(scope.signal) ?? (use.sending.isLate ? 'stopped' : undefined);
  const took = { tokensIn: 0, tokensOut: 0, cost: decision.reserve.cost, decision: found };
  if (outcome.kind === 'done') {
    settle(attempt, { outcome: 'done', body: JSON.stringify(outcome.output), ...took });
    return { kind: 'done', output: outcome.output };
  }
  const { code, message } = outcome;
  // Nobody could be asked what the result may be used for; whoever repeats the call asks again.
  if (halt === 'stopped' && found?.reason === 'guard.failed' && mayRepeat(call, scope)) throw new Halted(halt);
  // A worker that stops leaves the intent open: the next owner repeats the call or asks a person.
  if (halt === 'stopped' && (outcome.kind === 'unknown' || code === 'tool.aborted')) {
    if (outcome.kind === 'failed' && !mayRepeat(call, scope)) settleNotMade(attempt, halt);
    throw new Halted(halt);
  }
  const givenUp = code === 'tool.aborted' ? flight.halt : undefined;
  if (outcome.kind === 'failed' && givenUp !== undefined) return settleGivenUp(attempt, givenUp, took);
  if (outcome.kind === 'failed') {
    const error = { code, message, retryable: outcome.retryable };
    settle(attempt, { outcome: 'failed', error, ...took });
    return { kind: 'failed', error };
  }
  const error = { code, message, retryable: mayRepeat(call, scope) };
  if (!error.retryable && !call.signal.aborted) throw new Suspended([{ path, kind: 'unknown' }]);
  settle(attempt, { outcome: 'unknown', error, ...took });
  return error.retryable ? { kind: 'again', when: 'later', error } : { kind: 'failed', error };
}

function assertOwned({ signal }: Scope): void {
  if (haltReasonOf(signal) === 'lost') throw new Halted('lost');
}
