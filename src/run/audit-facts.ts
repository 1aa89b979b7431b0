import { canonicalText, sha256 } from '../manifest/digest.ts';
import type { JsonObject } from '../manifest/json.ts';
import { own } from '../manifest/json.ts';
import type { Decision } from '../policy/decision.ts';
import { handOffOf, type StepCall, toolOf } from './ask.ts';
import type { AuditEvent } from './audit-event.ts';
import type { AuditFacts } from './journal-entry.ts';
import type { Scope } from './scope.ts';

interface Decided {
  readonly call: StepCall;
  readonly scope: Scope;
  readonly subject: string;
  readonly target: string;
}

/** What the record says of a verdict beside what the journal says of it. */
export function factsOf(
  { call, scope, subject, target }: Decided,
  decision: Exclude<Decision, { kind: 'draw' }>,
): AuditFacts {
  const definition = definitionOf(call, target, scope);
  const { would } = decision;
  return {
    subject,
    live: scope.live.current().revision,
    ...(definition === undefined ? {} : { pin: pinOf(definition) }),
    ...(isOwnWord(call, scope) ? { target: `sha256:${sha256(target)}` } : {}),
    ...(would === undefined
      ? {}
      : { would: { kind: would.kind, ...(would.reason && { reason: would.reason }), rule: would.rule } }),
    ...(decision.kind === 'ask' || decision.inputTokens === undefined ? {} : { input: decision.inputTokens }),
    ...(decision.kind === 'ask' ? { action: decision.actionDigest, asks: decision.asks.map(({ rule }) => rule) } : {}),
    ...(decision.kind === 'allow' && decision.approval !== undefined ? { approval: decision.approval } : {}),
  };
}

/** That people are asked, which is no entry of the journal. */
export function askedOf(
  attempt: Decided & { readonly path: string },
  decision: Extract<Decision, { kind: 'ask' }>,
  approval: string,
): AuditEvent {
  const { action, asks, live, pin, subject, would } = factsOf(attempt, decision);
  const { path: call, target } = attempt;
  const args = decision.argsDigest;
  return {
    action,
    approval,
    args,
    asks,
    call,
    event: 'ask',
    kind: 'tool',
    live,
    pin,
    rule: decision.rule,
    subject,
    target,
    would,
  };
}

/** A name that nobody declared is a model's own words, and may be anything that it read. */
function isOwnWord(call: StepCall, scope: Scope): boolean {
  return (
    call.kind === 'tool' && toolOf(call.caller, call.name, scope) === undefined && handOffOf(call, scope) === undefined
  );
}

/** What the run's revision says of the tool or the model; undefined: it has none by that name. */
function definitionOf(call: StepCall, target: string, scope: Scope): object | undefined {
  return call.kind === 'model' ? own(scope.content.models, target) : toolOf(call.caller, call.name, scope)?.tool;
}

const pins = new WeakMap<object, string>();

/** SHA-256 of the canonical definition; taken once for each bundle that a worker holds. */
function pinOf(definition: object): string {
  const known = pins.get(definition);
  if (known !== undefined) return known;
  const pin = sha256(canonicalText(definition as JsonObject));
  pins.set(definition, pin);
  return pin;
}
