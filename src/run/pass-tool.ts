import { sha256 } from '../manifest/digest.ts';
import { mayRepeat, type ToolStepCall, toolOf, useTimeoutMs, writtenDigest } from './ask.ts';
import { firstAttemptAt } from './caller.ts';
import { type Attempt, settle, settleNotMade } from './attempt.ts';
import { beginFlight } from './flights.ts';
import { Halted, haltReasonOf, Suspended } from './halt.ts';
import { settleGivenUp } from './halting.ts';
import { mcpAccess } from './mcp-access.ts';
import { memoryAccess } from './memory-access.ts';
import type { Outside } from './outside.ts';
import type { Pass } from './passing.ts';
import type { Again, CallResult } from './replay.ts';
import { remoteTask } from './remote-task.ts';
import { revisionsFor, type Scope } from './scope.ts';
import { screenOutcome } from './screening-result.ts';

/** Makes the call of a tool, and writes down what became of it, as its guards leave it. */
export async function passTool(
  attempt: Attempt<ToolStepCall>,
  { decision, ...asked }: Pass,
  world: Outside,
): Promise<CallResult | Again> {
  const { call, path, scope } = attempt;
  const tool = toolOf(call.caller, call.name, scope)?.tool;
  if (tool === undefined || decision.args === undefined) throw new TypeError('a call to no tool');
  const flight = beginFlight(scope.flights, { ...asked, environment: scope.run.environment, signal: call.signal });
  const memory = memoryAccess(call, scope);
  const options = {
    signal: flight.signal,
    idempotencyKey: idempotencyKeyOf(call, scope),
    secrets: scope.secrets,
    memory,
    mcp: mcpAccess(scope),
    path: call.path,
    digest: writtenDigest(call),
    world,
    isolation: scope.isolation,
    egress: egressFor(attempt),
    task: tool.impl.type === 'a2a' ? remoteTask(attempt) : undefined,
    timeoutMs: useTimeoutMs(call, scope),
  };
  const given = await (scope.outside ?? world).tool(tool, decision.args, options).finally(flight.end);
  assertOwned(scope);
  const { outcome, decision: found } = await screenOutcome(attempt, { tool, outcome: given }, world);
  assertOwned(scope);
  const halt = haltReasonOf(scope.signal);
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
  const givenUp = code === 'tool.aborted' ? flight.halt() : undefined;
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

/** The lists of hosts of both revisions: each that reaches the caller must have where the tool connects to. */
function egressFor({ scope, subject }: Attempt): readonly (readonly string[])[] | undefined {
  const { pinned, live } = revisionsFor(scope, subject) ?? {};
  if (pinned?.egress === undefined && live?.egress === undefined) return undefined;
  return [...(pinned?.egress ?? []), ...(live?.egress ?? [])].map(({ hosts }) => hosts);
}

/** The same for every attempt at one call: a tool that honours it has one effect. */
function idempotencyKeyOf(call: ToolStepCall, scope: Scope): string {
  return sha256(`${scope.run.id}|${firstAttemptAt(call).path}`);
}
