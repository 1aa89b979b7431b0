import type { BundleRetry } from '../manifest/bundle.ts';
import { type ModelStepCall, type StepCall, targetOf, toolOf } from './ask.ts';
import { endpointFrom } from './endpoints.ts';
import type { CallError } from './journal-entry.ts';
import type { Again, CallResult } from './replay.ts';
import { attemptPath, backoffMs, causeOf, usualRetry } from './retry.ts';
import type { Scope } from './scope.ts';

/** What comes after an attempt: the call has its result, or there is another attempt, at once or after a pause. */
export type Next =
  | { readonly kind: 'end'; readonly result: CallResult }
  | { readonly kind: 'again'; readonly pauseMs: number };

/**
 * The attempts at one call, whose paths are numbered through. A model call goes on to the agent's next endpoint when one
 * fails in a way that another may not. Which endpoint an attempt asked stands in the journal, and holds on resume.
 */
export class Attempts {
  readonly #call: StepCall;
  readonly #scope: Scope;
  readonly #targets: readonly string[];
  #at = 0;
  #number = 0;
  // Attempts that came to nothing because of a worker do not count: else each deploy would cost a retry.
  #failures = 0;

  constructor(call: StepCall, scope: Scope) {
    this.#call = call;
    this.#scope = scope;
    this.#targets = call.kind === 'model' ? call.models : [targetOf(call, scope)];
  }

  /** The path and the target of the next attempt. */
  begin(): { readonly path: string; readonly target: string } {
    const path = attemptPath(this.#call.path, (this.#number += 1));
    if (this.#call.kind === 'model' && this.#targets.length > 1) this.#choose(path, this.#call);
    return { path, target: this.#targets[this.#at] ?? '' };
  }

  #choose(path: string, call: ModelStepCall): void {
    const { intent, result } = this.#scope.journal.recorded(path) ?? {};
    const known = this.#targets.indexOf((intent ?? result)?.target ?? '');
    const at = known === -1 ? (endpointFrom(this.#at, call, this.#scope) ?? this.#at) : known;
    if (at === this.#at) return;
    this.#at = at;
    this.#failures = 0;
  }

  after(result: CallResult | Again): Next {
    if (result.kind === 'again' && result.when === 'now') {
      // Started again by a person, the call begins anew with the endpoint that the author named first.
      if (this.#scope.journal.forgives(attemptPath(this.#call.path, this.#number))) this.#at = 0;
      return { kind: 'again', pauseMs: 0 };
    }
    if (result.kind === 'done' || result.kind === 'denied') return { kind: 'end', result };
    const { error } = result;
    const policy = this.#policyFor(result);
    this.#failures += 1;
    const asked = result.kind === 'again' ? (result.retryAfterMs ?? 0) : 0;
    const isLast = policy === undefined || this.#failures >= policy.maxAttempts;
    const rather = isLast || asked > longestPauseMs || error.code === 'model.timeout';
    if (rather && movesOn.has(error.code) && this.#moveOn()) return { kind: 'again', pauseMs: 0 };
    if (isLast) return { kind: 'end', result: { kind: 'failed', error } };
    return { kind: 'again', pauseMs: Math.max(1, backoffMs(policy, this.#failures, Math.random()), asked) };
  }

  /** Undefined: the failure is not one to try again. */
  #policyFor(result: Extract<CallResult | Again, { kind: 'again' | 'failed' }>): BundleRetry | undefined {
    if (this.#call.kind === 'model') return result.kind === 'again' ? usualRetry : undefined;
    const policy = toolOf(this.#call.caller, this.#call.name, this.#scope)?.tool.retry;
    if (policy === undefined) return result.kind === 'again' ? usualRetry : undefined;
    return policy.on.includes(causeOf(result.error)) && !this.#call.signal.aborted ? policy : undefined;
  }

  #moveOn(): boolean {
    if (this.#call.kind !== 'model' || this.#call.signal.aborted) return false;
    const next = endpointFrom(this.#at + 1, this.#call, this.#scope);
    if (next === undefined) return false;
    this.#at = next;
    this.#failures = 0;
    return true;
  }
}

/** An endpoint that asks to wait for longer is left for the next one at once. */
const longestPauseMs = 30_000;

/**
 * Failures of an endpoint that another may not have. Not among them: an answer that came and breaks a rule (another
 * model's name, a tool that the provider ran), because asking on would hide it.
 */
const movesOn: ReadonlySet<CallError['code']> = new Set([
  'model.unavailable',
  'model.rate_limited',
  'model.timeout',
  'model.unauthorised',
  'model.request_refused',
  'model.response_invalid',
  'context.too_large',
  'egress.denied',
  'secret.unavailable',
]);
