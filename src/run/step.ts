import { isPawlError, RetryableError } from '../errors.ts';
import { sha256 } from '../manifest/digest.ts';
import { callModel } from '../models/call.ts';
import type { ModelRequest } from '../models/model.ts';
import { settleModelCall } from '../policy/cost.ts';
import type { GateCall, GateContext } from '../policy/context.ts';
import { decide } from '../policy/gate.ts';
import { callTool } from '../tools/call.ts';
import {
  ask,
  mayRepeat,
  type ModelStepCall,
  modelOf,
  type StepCall,
  type ToolStepCall,
  toolOf,
  useTimeoutMs,
} from './ask.ts';
import { awaitApproval, isAnotherAction } from './approving.ts';
import { Attempts } from './attempts.ts';
import { type Allowed, type Attempt, book, intentOf, noCharge, refuse, settle } from './attempt.ts';
import { subjectOf } from './caller.ts';
import { drawFor } from './drawing.ts';
import type { CallError } from './executor.ts';
import { beginFlight, settleGivenUp } from './flights.ts';
import { Halted, type HaltReason, haltReasonOf, StepFailure, Suspended } from './halt.ts';
import { haltWait } from './halting.ts';
import { passInnerAgent } from './inner-agent.ts';
import { memoryAccess } from './memory-access.ts';
import type { Outside } from './outside.ts';
import { stepPlaceOf } from './place.ts';
import { awaitRate, correctRate, isRated } from './rate-door.ts';
import { type Again, type CallResult, replay } from './replay.ts';
import { screen } from './screening.ts';
import { assertGoing, gateContext, type Scope } from './scope.ts';

const world: Outside = { tool: callTool, model: callModel };

/** A decision is made again so often when live moves under it. */
const roundsMax = 3;

/**
 * The one door to tools and models. Asks the gate, journals decision and intent, makes the call, journals the result.
 * A call that the journal knows is answered from it. Throws `Halted`, `Suspended` or what is nobody's plan.
 */
export async function step(call: StepCall, scope: Scope): Promise<CallResult> {
  const subject = subjectOf(call.caller);
  const attempts = new Attempts(call, scope);
  for (;;) {
    const { path, target } = attempts.begin();
    const known = replay(call, path, scope);
    const next = attempts.after(known ?? (await admit({ call, path, scope, subject, target })));
    if (next.kind === 'end') return next.result;
    if (next.pauseMs === 0) continue;
    const delayMs = known === undefined ? next.pauseMs : (scope.waits.get(path)?.remainingMs ?? 0);
    if (delayMs > 0) throw new Suspended([{ path, kind: 'timer', delayMs }]);
  }
}

/** Decides, and lets through what is allowed. A newer live revision makes the decision void: it is made again. */
async function admit(unscreened: Attempt): Promise<CallResult | Again> {
  const { call, path, scope } = unscreened;
  if (scope.journal.recorded(path) !== undefined) {
    if (call.kind === 'model') return leave(unscreened);
    if (call.enter !== undefined) return passInnerAgent({ ...unscreened, call }, call.enter);
    if (!mayRepeat(call, scope)) throw new Suspended([{ path, kind: 'unknown' }]);
  }
  const attempt = await screen(unscreened);
  let isPaced = !isRated(attempt);
  let draws = 0;
  for (let round = 1; ; round += 1) {
    assertGoing(scope);
    if (call.signal.aborted) throw timeIsOver(call);
    scope.ledger.release(path);
    // From here to the booking nothing waits: parallel branches would each see what the others had not yet booked.
    const context = gateContext(scope, call);
    const { gate, request } = ask(attempt, scope, context);
    const decision = decide(gate, context);
    if (decision.kind === 'deny') {
      if (isAnotherAction(attempt, decision)) continue;
      const wait = haltWait(attempt, decision);
      if (wait !== undefined) throw new Suspended([wait]);
      return refuse(attempt, decision);
    }
    if (decision.kind === 'ask') {
      await awaitApproval(attempt, decision);
      round -= 1;
      continue;
    }
    if (decision.kind === 'draw') {
      const overtaken = await drawFor(attempt, decision.draws, (draws += 1));
      if (overtaken !== undefined) return refuse(attempt, overtaken);
      round -= 1;
      continue;
    }
    if (!isPaced) {
      await awaitRate(attempt, decision.reserve.tokens);
      isPaced = true;
      round -= 1;
      continue;
    }
    book(attempt, decision);
    const written = await scope.journal.intent(intentOf(attempt, decision, scope.live.current()));
    if (written === 'written') return pass(attempt, { decision, request, gate, context });
    scope.ledger.release(path);
    // What is known of it let the call through, and did not hold: it is asked for anew.
    if (decision.approval !== undefined) scope.approvals.delete(call.path);
    if (round === roundsMax) return refuse(attempt, conflictDenial);
    await scope.live.refresh();
  }
}

/**
 * An earlier owner asked a model and never wrote what it answered. It is asked again, under the next path: what was
 * held for the lost answer stays charged, because the provider may well have charged it.
 */
function leave(attempt: Attempt): Again {
  assertGoing(attempt.scope);
  const error = { code: 'call.interrupted', message: 'The worker that made the call ended before it was answered.' };
  settle(attempt, { outcome: 'unknown', error, ...noCharge });
  return { kind: 'again', when: 'now', error };
}

function timeIsOver(call: StepCall): StepFailure {
  return new StepFailure({ code: 'limit.timeout', message: 'The time of the step is over.', node: call.node });
}

const conflictDenial = {
  kind: 'deny',
  reason: 'gate.conflict',
  rule: 'gate',
  message: 'The live revision was replaced, or something was halted, three times while the call was decided.',
} as const;

interface Pass {
  readonly decision: Allowed;
  readonly request: Omit<ModelRequest, 'maxOutputTokens'> | undefined;
  readonly gate: GateCall;
  readonly context: GateContext;
}

/** The intent is durable: from here on the call counts as made until the journal says otherwise. */
async function pass(attempt: Attempt, allowed: Pass): Promise<CallResult | Again> {
  const { call, scope } = attempt;
  const halt = haltReasonOf(scope.signal) ?? (scope.mayStart() ? undefined : 'stopped') ?? drainOf(call, scope);
  if (halt !== undefined) {
    if (halt !== 'lost') settleNotMade(attempt, halt);
    throw new Halted(halt);
  }
  scope.begun.add(stepPlaceOf(call.node));
  if (call.kind === 'model') return passModel({ ...attempt, call }, allowed);
  if (call.enter !== undefined) return passInnerAgent({ ...attempt, call }, call.enter);
  return passTool({ ...attempt, call }, allowed);
}

/** What the database says of the run comes with the answer to an intent: the first call of a step is where it is heard. */
function drainOf({ node }: StepCall, { drained, begun }: Scope): HaltReason | undefined {
  return drained() && !begun.has(stepPlaceOf(node)) ? 'drained' : undefined;
}

function settleNotMade(attempt: Attempt, halt: HaltReason): void {
  const error = { code: 'call.not_made', message: `The call was not made: the run was ${halt}.` };
  settle(attempt, { outcome: 'unknown', error, ...noCharge });
}

async function passTool(attempt: Attempt<ToolStepCall>, { decision, ...asked }: Pass): Promise<CallResult | Again> {
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
    path: call.path,
    world,
    timeoutMs: useTimeoutMs(call, scope),
  };
  const outcome = await (scope.outside ?? world).tool(tool, decision.args, options).finally(flight.end);
  const halt = haltReasonOf(scope.signal);
  if (halt === 'lost') throw new Halted(halt);
  const { cost } = decision.reserve;
  if (outcome.kind === 'done') {
    const body = JSON.stringify(outcome.output);
    settle(attempt, { outcome: 'done', body, tokensIn: 0, tokensOut: 0, cost });
    return { kind: 'done', output: outcome.output };
  }
  const { code, message } = outcome;
  // A worker that stops leaves the intent open: the next owner repeats the call or asks a person.
  if (halt === 'stopped' && (outcome.kind === 'unknown' || code === 'tool.aborted')) {
    if (outcome.kind === 'failed' && !mayRepeat(call, scope)) settleNotMade(attempt, halt);
    throw new Halted(halt);
  }
  const given = code === 'tool.aborted' ? flight.halt() : undefined;
  if (outcome.kind === 'failed' && given !== undefined)
    return settleGivenUp(attempt, given, { tokensIn: 0, tokensOut: 0, cost });
  if (outcome.kind === 'failed') {
    const error = { code, message, retryable: outcome.retryable };
    settle(attempt, { outcome: 'failed', error, tokensIn: 0, tokensOut: 0, cost });
    return { kind: 'failed', error };
  }
  const error = { code, message, retryable: mayRepeat(call, scope) };
  if (!error.retryable && !call.signal.aborted) throw new Suspended([{ path, kind: 'unknown' }]);
  settle(attempt, { outcome: 'unknown', error, tokensIn: 0, tokensOut: 0, cost });
  return error.retryable ? { kind: 'again', when: 'later', error } : { kind: 'failed', error };
}

async function passModel(
  attempt: Attempt<ModelStepCall>,
  { decision, request, ...asked }: Pass,
): Promise<CallResult | Again> {
  const { call, scope } = attempt;
  const model = modelOf(attempt, scope);
  const { maxOutputTokens, reserve } = decision;
  if (request === undefined || maxOutputTokens === undefined) throw new TypeError('a call without a request');
  const charge = { reserve, maxOutputTokens, pricing: model.pricing };
  const flight = beginFlight(scope.flights, { ...asked, environment: scope.run.environment, signal: call.signal });
  try {
    const options = { signal: flight.signal, secrets: scope.secrets, path: call.path, world };
    const answer = await (scope.outside ?? world).model(model, { ...request, maxOutputTokens }, options);
    const { text, toolCalls, finish, usage, thoughts } = answer;
    if (haltReasonOf(scope.signal) === 'lost') throw new Halted('lost');
    const calls = toolCalls.map(({ id, name, arguments: raw }) => ({ id, name, arguments: raw }));
    const output = { text, toolCalls: calls, finish, ...(thoughts === undefined ? {} : { thoughts: [...thoughts] }) };
    const took = settleModelCall({ ...charge, usage });
    correctRate(attempt, { reserved: reserve.tokens, used: took.tokensIn + took.tokensOut });
    settle(attempt, { outcome: 'done', body: JSON.stringify(output), ...took });
    return { kind: 'done', output };
  } catch (cause) {
    const halt = haltReasonOf(scope.signal);
    // A model call has no effect but its cost: who takes the run over asks again.
    if (halt === 'lost' || halt === 'stopped') throw new Halted(halt);
    const given = flight.halt();
    if (given !== undefined && !call.signal.aborted)
      return settleGivenUp(attempt, given, settleModelCall({ ...charge, usage: undefined }));
    if (!isPawlError(cause)) throw cause;
    const retryable = cause instanceof RetryableError && !call.signal.aborted;
    const error: CallError = { code: cause.code, message: cause.message, retryable };
    const took = neverAnswered.has(cause.code) ? noCharge : settleModelCall({ ...charge, usage: undefined });
    correctRate(attempt, { reserved: reserve.tokens, used: took.tokensIn + took.tokensOut });
    settle(attempt, { outcome: 'failed', error, ...took });
    if (!retryable) return { kind: 'failed', error };
    return { kind: 'again', when: 'later', error, retryAfterMs: cause.retryAfterMs };
  } finally {
    flight.end();
  }
}

/** Failures after which a provider charges nothing; after any other, all that was reserved is charged. */
const neverAnswered: ReadonlySet<string> = new Set([
  'model.rate_limited',
  'model.unavailable',
  'model.unauthorised',
  'model.request_refused',
  'context.too_large',
  'model.script_invalid',
  'model.script_exhausted',
  'secret.unavailable',
  'egress.denied',
]);

/** The same for every attempt at one call: a tool that honours it has one effect. */
function idempotencyKeyOf(call: ToolStepCall, scope: Scope): string {
  // A further attempt at a tool node makes the same call; an agent's conversation begins anew.
  const path = call.caller.kind === 'system' ? call.path.replaceAll(/!\d+/g, '') : call.path;
  return sha256(`${scope.run.id}|${path}`);
}
