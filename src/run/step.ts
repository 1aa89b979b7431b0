import { isPawlError, RetryableError } from '../errors.ts';
import { sha256 } from '../manifest/digest.ts';
import { callModel } from '../models/call.ts';
import type { ModelRequest } from '../models/model.ts';
import { repetitionKey } from '../policy/context.ts';
import { settleModelCall } from '../policy/cost.ts';
import type { Decision } from '../policy/decision.ts';
import { decide } from '../policy/gate.ts';
import { callTool } from '../tools/call.ts';
import {
  ask,
  mayRepeat,
  messagesDigest,
  type ModelStepCall,
  modelOf,
  type StepCall,
  targetOf,
  type ToolStepCall,
  toolOf,
} from './ask.ts';
import type { CallError, Outcome, RecordedDecision } from './executor.ts';
import { Halted, haltReasonOf, StepFailure, Suspended } from './halt.ts';
import { type Again, type CallResult, replay } from './replay.ts';
import { attemptPath, attemptsMax, backoffMs } from './retry.ts';
import { assertGoing, gateContext, type Scope, subjectOf } from './scope.ts';

type Allowed = Extract<Decision, { kind: 'allow' }>;

/** A decision is made again so often when live moves under it. */
const roundsMax = 3;

/**
 * The one door to tools and models. Asks the gate, journals decision and intent, makes the call, journals the result.
 * A call that the journal knows is answered from it. Throws `Halted`, `Suspended` or what is nobody's plan.
 */
export async function step(call: StepCall, scope: Scope): Promise<CallResult> {
  for (let attempt = 1; ; attempt += 1) {
    const path = attemptPath(call.path, attempt);
    const known = replay(call, path, scope);
    const result = known ?? (await admit(call, path, scope));
    if (result.kind !== 'again') return result;
    if (result.when === 'now') continue;
    if (attempt >= attemptsMax) return { kind: 'failed', error: result.error };
    const delayMs = known === undefined ? pauseMs(attempt, result) : (scope.waits.get(path)?.remainingMs ?? 0);
    if (delayMs > 0) throw new Suspended([{ path, kind: 'timer', delayMs }]);
  }
}

function pauseMs(attempt: number, again: Again): number {
  return Math.max(1, backoffMs(attempt, Math.random()), again.retryAfterMs ?? 0);
}

/** Decides, and lets through what is allowed. A newer live revision makes the decision void: it is made again. */
async function admit(call: StepCall, path: string, scope: Scope): Promise<CallResult | Again> {
  const unfinished = scope.journal.recorded(path) !== undefined;
  if (unfinished && !mayRepeat(call, scope)) throw new Suspended([{ path, kind: 'unknown' }]);
  for (let round = 1; ; round += 1) {
    assertGoing(scope);
    if (call.signal.aborted)
      throw new StepFailure({ code: 'limit.timeout', message: 'The time of the step is over.', node: call.node });
    scope.ledger.release(path);
    const context = gateContext(scope, call.node);
    const { gate, request } = ask(call, scope, context);
    const decision = decide(gate, context);
    if (decision.kind === 'deny') return refuse(call, path, { scope, decision });
    const liveRevision = scope.live.current().revision;
    book(call, path, { scope, decision });
    const written = await scope.journal.intent({
      ...entryOf(call, path, scope),
      phase: 'intent',
      decision: { kind: 'allow', rule: decision.rule },
      ...argsDigestOf(call, decision),
      ...(decision.args === undefined ? {} : { body: JSON.stringify(decision.args) }),
      tokensReserved: decision.reserve.tokens,
      cost: decision.reserve.cost,
      ...(call.kind === 'tool' ? { idempotencyKey: idempotencyKeyOf(call, scope) } : {}),
      liveRevision,
    });
    if (written === 'written') return pass(call, path, { scope, decision, request });
    scope.ledger.release(path);
    if (round === roundsMax) return refuse(call, path, { scope, decision: conflictDenial });
    await scope.live.refresh(liveRevision + 1);
  }
}

const conflictDenial = {
  kind: 'deny',
  reason: 'gate.conflict',
  rule: 'gate',
  message: 'The live revision was replaced three times while the call was decided.',
} as const;

function refuse(
  call: StepCall,
  path: string,
  { scope, decision }: { readonly scope: Scope; readonly decision: Extract<Decision, { kind: 'deny' }> },
): CallResult {
  const { reason, rule, message, argsDigest } = decision;
  book(call, path, { scope, decision });
  scope.journal.result({
    ...entryOf(call, path, scope),
    phase: 'result',
    outcome: 'denied',
    decision: { kind: 'deny', rule, reason, message } satisfies RecordedDecision,
    ...(argsDigest === undefined ? {} : { argsDigest }),
    error: { code: reason, message },
  });
  return { kind: 'denied', reason, message };
}

interface Passing {
  readonly scope: Scope;
  readonly decision: Allowed;
  readonly request: Omit<ModelRequest, 'maxOutputTokens'> | undefined;
}

/** The intent is durable: from here on the call counts as made until the journal says otherwise. */
async function pass(call: StepCall, path: string, passing: Passing): Promise<CallResult | Again> {
  const { scope } = passing;
  const halt = haltReasonOf(scope.signal) ?? (scope.mayStart() ? undefined : 'stopped');
  if (halt !== undefined) {
    const error = { code: 'call.not_made', message: `The call was not made: the run was ${halt}.` };
    if (halt !== 'lost') settle(call, path, { scope, outcome: 'unknown', error, tokensIn: 0, tokensOut: 0, cost: 0 });
    throw new Halted(halt);
  }
  return call.kind === 'tool' ? passTool(call, path, passing) : passModel(call, path, passing);
}

async function passTool(call: ToolStepCall, path: string, { scope, decision }: Passing): Promise<CallResult | Again> {
  const tool = toolOf(call, scope)?.tool;
  if (tool === undefined || decision.args === undefined) throw new TypeError('the gate allowed a call to no tool');
  const idempotencyKey = idempotencyKeyOf(call, scope);
  const outcome = await callTool(tool, decision.args, { signal: call.signal, idempotencyKey, secrets: scope.secrets });
  const halt = haltReasonOf(scope.signal);
  if (halt === 'lost') throw new Halted(halt);
  const took = { scope, tokensIn: 0, tokensOut: 0, cost: decision.reserve.cost };
  switch (outcome.kind) {
    case 'done':
      settle(call, path, { ...took, outcome: 'done', body: JSON.stringify(outcome.output) });
      return { kind: 'done', output: outcome.output };
    case 'failed': {
      const error = { code: outcome.code, message: outcome.message, retryable: outcome.retryable };
      settle(call, path, { ...took, outcome: 'failed', error });
      return { kind: 'failed', error };
    }
    case 'unknown': {
      const error = { code: outcome.code, message: outcome.message, retryable: mayRepeat(call, scope) };
      // A worker that stops leaves the intent open: the next owner repeats the call or asks a person.
      if (halt === 'stopped') throw new Halted(halt);
      if (!error.retryable && !call.signal.aborted) throw new Suspended([{ path, kind: 'unknown' }]);
      settle(call, path, { ...took, outcome: 'unknown', error });
      return error.retryable ? { kind: 'again', when: 'later', error } : { kind: 'failed', error };
    }
  }
}

async function passModel(call: ModelStepCall, path: string, passing: Passing): Promise<CallResult | Again> {
  const { scope, decision, request } = passing;
  const model = modelOf(call, scope);
  if (request === undefined || decision.maxOutputTokens === undefined)
    throw new TypeError('the gate allowed no request');
  const maxOutputTokens = decision.maxOutputTokens;
  const charge = { reserve: decision.reserve, maxOutputTokens, pricing: model.pricing };
  try {
    const response = await callModel(
      model,
      { ...request, maxOutputTokens },
      { signal: call.signal, secrets: scope.secrets },
    );
    if (haltReasonOf(scope.signal) === 'lost') throw new Halted('lost');
    const { text, toolCalls, finish } = response;
    const output = {
      text,
      toolCalls: toolCalls.map(({ id, name, arguments: raw }) => ({ id, name, arguments: raw })),
      finish,
    };
    const took = settleModelCall({ ...charge, usage: response.usage });
    settle(call, path, { scope, outcome: 'done', body: JSON.stringify(output), ...took });
    return { kind: 'done', output };
  } catch (cause) {
    const halt = haltReasonOf(scope.signal);
    // A model call has no effect but its cost: who takes the run over asks again.
    if (halt === 'lost' || halt === 'stopped') throw new Halted(halt);
    if (!isPawlError(cause)) throw cause;
    const retryable = cause instanceof RetryableError && !call.signal.aborted;
    const error: CallError = { code: cause.code, message: cause.message, retryable };
    const took = neverAnswered.has(cause.code) ? noCharge : settleModelCall({ ...charge, usage: undefined });
    settle(call, path, { scope, outcome: 'failed', error, ...took });
    if (!retryable) return { kind: 'failed', error };
    const retryAfterMs = cause instanceof RetryableError ? cause.retryAfterMs : undefined;
    return { kind: 'again', when: 'later', error, retryAfterMs };
  }
}

const noCharge = { tokensIn: 0, tokensOut: 0, cost: 0 };

/** Failures after which a provider charges nothing; after any other, all that was reserved is charged. */
const neverAnswered: ReadonlySet<string> = new Set([
  'model.rate_limited',
  'model.unavailable',
  'model.unauthorised',
  'model.request_refused',
  'model.script_invalid',
  'model.script_exhausted',
  'secret.unavailable',
  'egress.denied',
]);

interface Settlement {
  readonly scope: Scope;
  readonly outcome: Exclude<Outcome, 'denied'>;
  readonly body?: string;
  readonly error?: CallError;
  readonly tokensIn: number;
  readonly tokensOut: number;
  readonly cost: number;
}

function settle(call: StepCall, path: string, settlement: Settlement): void {
  const { scope, tokensIn, tokensOut, ...result } = settlement;
  // An unknown outcome keeps what was reserved, unless the call was never made.
  const open = result.outcome === 'unknown' && result.error?.code !== 'call.not_made';
  if (!open) scope.ledger.settle(path, { tokens: tokensIn + tokensOut, cost: result.cost });
  scope.journal.result({
    ...entryOf(call, path, scope),
    phase: 'result',
    ...result,
    tokensIn: Math.min(tokensIn, tokensMax),
    tokensOut: Math.min(tokensOut, tokensMax),
  });
}

/** What the journal's column holds; a provider that reports more is charged this much. */
const tokensMax = 2 ** 31 - 1;

function book(
  call: StepCall,
  path: string,
  { scope, decision }: { readonly scope: Scope; readonly decision: Decision },
): void {
  const digest = decision.argsDigest;
  scope.ledger.book(path, {
    node: call.node,
    subject: subjectOf(scope.content, call.node),
    kind: call.kind,
    allowed: decision.kind === 'allow',
    again: path !== call.path,
    tokens: decision.kind === 'allow' ? decision.reserve.tokens : 0,
    cost: decision.kind === 'allow' ? decision.reserve.cost : 0,
    ...(digest === undefined ? {} : { repeated: repetitionKey(targetOf(call, scope), digest) }),
  });
}

function entryOf(call: StepCall, path: string, scope: Scope) {
  return { path, node: call.node, kind: call.kind, target: targetOf(call, scope) };
}

function argsDigestOf(call: StepCall, decision: Allowed): { readonly argsDigest?: string } {
  const argsDigest = call.kind === 'model' ? messagesDigest(call.messages) : decision.argsDigest;
  return argsDigest === undefined ? {} : { argsDigest };
}

/** The same for every attempt at one call: a tool that honours it has one effect. */
function idempotencyKeyOf(call: ToolStepCall, scope: Scope): string {
  return sha256(`${scope.run.id}|${call.path}`);
}
