import { callGuard } from '../guards/call.ts';
import { callEmbedding, callModel } from '../models/call.ts';
import type { Authority } from '../policy/authority.ts';
import { decide } from '../policy/gate.ts';
import { callTool } from '../tools/call.ts';
import { awaitApproval, forget, isAnotherAction, noteUse } from './approving.ts';
import { ask, mayRepeat, type StepCall, type ToolStepCall } from './ask.ts';
import { type Allowed, type Attempt, book, intentOf, noCharge, refuse, settle, settleNotMade } from './attempt.ts';
import { Attempts } from './attempts.ts';
import { subjectOf } from './caller.ts';
import { drawFor } from './drawing.ts';
import type { AskModel } from './embedding.ts';
import { Halted, type HaltReason, haltReasonOf, StepFailure, Suspended } from './halt.ts';
import { haltWait } from './halting.ts';
import { passInnerAgent } from './inner-agent.ts';
import type { Outside } from './outside.ts';
import { humanOf, passHuman } from './pass-human.ts';
import { passModel } from './pass-model.ts';
import { passTool } from './pass-tool.ts';
import type { Pass } from './passing.ts';
import { stepPlaceOf } from './place.ts';
import { type RateUse, rateUseOf } from './rate-door.ts';
import { begunTask } from './remote-task.ts';
import { type Again, type CallResult, replay } from './replay.ts';
import { type Closed, screen } from './screening.ts';
import { assertGoing, gateContext, type Scope } from './scope.ts';

const world: Outside = { tool: callTool, model: callModel, embed: callEmbedding, guard: callGuard };

/** A decision is made again so often when live moves under it. */
const conflictsMax = 3;

/** However a call is asked, drawn for, paced and decided again: who answers for ever does not hold the worker for ever. */
const roundsMax = 1_000;

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
  const begun = takeUp(unscreened);
  if (begun !== undefined) return await begun;
  const rates = rateUseOf(unscreened);
  try {
    return await decided(unscreened, rates);
  } finally {
    rates?.end();
  }
}

async function decided(unscreened: Attempt, rates: RateUse | undefined): Promise<CallResult | Again> {
  const { call, path, scope } = unscreened;
  let attempt = unscreened;
  let guardedBy: Authority | undefined | null = null;
  let draws = 0;
  for (let conflicts = 0, rounds = 0; conflicts < conflictsMax && rounds < roundsMax; rounds += 1) {
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
      return refuseUnbegun(attempt, decision);
    }
    const { authority } = scope.live.current();
    if (guardedBy !== authority) {
      // Newer rules may name other guards. What the gate refuses anyway is shown to none of them.
      guardedBy = authority;
      const screening = screen(unscreened, world);
      if (screening !== undefined || attempt !== unscreened) {
        const screened = await screening;
        if (screened?.kind === 'closed') return refuseGuarded(unscreened, screened);
        attempt = screened?.attempt ?? unscreened;
        continue;
      }
    }
    if (decision.kind === 'ask') {
      await awaitApproval(attempt, decision);
      continue;
    }
    if (decision.kind === 'draw') {
      const overtaken = await drawFor(attempt, decision.draws, (draws += 1));
      if (overtaken !== undefined) return refuseUnbegun(attempt, overtaken);
      continue;
    }
    if (rates?.isPaced === false) {
      const late = await rates.take(attempt, decision.reserve.tokens);
      if (late !== undefined) return refuseUnbegun(attempt, late);
      continue;
    }
    if (await intend(attempt, decision))
      return pass(attempt, { decision, request, gate, context, ask: door(scope), rates });
    conflicts += 1;
    if (conflicts < conflictsMax) await scope.live.refresh();
  }
  return refuseUnbegun(attempt, conflictDenial);
}

/** For the model calls that a tool's call makes on its way. */
function door(scope: Scope): AskModel {
  return (call) => step(call, scope);
}

/** Books what is allowed, before anything waits. False: the journal did not take it, and it is decided again. */
async function intend(attempt: Attempt, decision: Allowed): Promise<boolean> {
  const { path, scope } = attempt;
  const { consumes } = decision;
  book(attempt, decision);
  const written = await scope.journal.intent(intentOf(attempt, decision, scope.live.current()));
  const isWritten = written === 'written';
  if (!isWritten) scope.ledger.release(path);
  if (consumes !== undefined) (isWritten ? noteUse : forget)(attempt, consumes);
  return isWritten;
}

/** What becomes of a call that an earlier owner let through and never wrote the end of; undefined: it is made again. */
function takeUp(attempt: Attempt): Promise<CallResult> | Again | undefined {
  const { call, path, scope } = attempt;
  if (scope.journal.recorded(path) === undefined) return undefined;
  if (call.kind === 'model') return leave(attempt);
  if (call.enter !== undefined) return passInnerAgent({ ...attempt, call }, call.enter, world);
  const human = humanOf(call, scope);
  if (human !== undefined) return passHuman({ ...attempt, call }, human, world);
  if (!mayRepeat(call, scope) && begunTask(scope.journal, path) === undefined)
    throw new Suspended([{ path, kind: 'unknown' }]);
  return undefined;
}

function refuseGuarded(attempt: Attempt, { reason, rule, message, records, argsDigest }: Closed): CallResult {
  const { call, scope } = attempt;
  assertGoing(scope);
  if (call.signal.aborted) throw timeIsOver(call);
  return refuseUnbegun({ ...attempt, guards: records, written: argsDigest }, { kind: 'deny', reason, rule, message });
}

/**
 * Writes down that the gate let the call not pass. Not where an agent elsewhere began its task under an earlier owner:
 * the work may have been done, and `denied` would say that it never was. A person says what became of it.
 */
function refuseUnbegun(attempt: Attempt, decision: Parameters<typeof refuse>[1]): CallResult {
  const { path, scope } = attempt;
  if (begunTask(scope.journal, path) !== undefined) throw new Suspended([{ path, kind: 'unknown' }]);
  return refuse(attempt, decision);
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
  message: 'What the call depends on changed each time that it was decided.',
} as const;

/** The intent is durable: from here on the call counts as made until the journal says otherwise. */
async function pass(attempt: Attempt, allowed: Pass): Promise<CallResult | Again> {
  const { call, scope } = attempt;
  const halt = haltReasonOf(scope.signal) ?? (scope.mayStart() ? undefined : 'stopped') ?? drainOf(call, scope);
  if (halt !== undefined) {
    if (halt !== 'lost') settleNotMade(attempt, halt);
    throw new Halted(halt);
  }
  scope.begun.add(stepPlaceOf(call.node));
  allowed.rates?.send();
  if (call.kind === 'model') return passModel({ ...attempt, call }, allowed, world);
  if (call.enter !== undefined) return passInnerAgent({ ...attempt, call }, call.enter, world);
  const human = humanOf(call, scope);
  if (human !== undefined) return passHuman({ ...attempt, call }, human, world);
  return passTool(isOfTool(attempt) ? attempt : { ...attempt, call }, allowed, world);
}

function isOfTool(attempt: Attempt): attempt is Attempt<ToolStepCall> {
  return attempt.call.kind === 'tool';
}

/** What the database says of the run comes with the answer to an intent: the first call of a step is where it is heard. */
function drainOf({ node }: StepCall, { drained, begun }: Scope): HaltReason | undefined {
  return drained() && !begun.has(stepPlaceOf(node)) ? 'drained' : undefined;
}
