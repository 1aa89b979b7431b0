import type { BundleTool } from '../manifest/bundle.ts';
import { canonicalText, sha256 } from '../manifest/digest.ts';
import type { JsonObject } from '../manifest/json.ts';
import { own } from '../manifest/json.ts';
import type { AuditVerdict, Decision } from '../policy/decision.ts';
import { handOffOf, type StepCall, type ToolStepCall, toolOf } from './ask.ts';
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
  const tool = call.kind === 'tool' ? toolOf(call.caller, call.name, scope)?.tool : undefined;
  const definition = call.kind === 'model' ? own(scope.content.models, target) : tool;
  const { would } = decision;
  const isAsked = decision.kind === 'ask';
  return {
    subject,
    live: scope.live.current().revision,
    pin: definition && pinOf(definition),
    target: call.kind === 'tool' && isOwnWord(call, tool, scope) ? `sha256:${sha256(target)}` : undefined,
    would: would && verdictOf(would),
    input: isAsked ? undefined : decision.inputTokens,
    action: isAsked ? decision.actionDigest : undefined,
    asks: isAsked ? decision.asks.map(({ rule }) => rule) : undefined,
    approval: decision.kind === 'allow' ? decision.approval : undefined,
  };
}

function verdictOf({ kind, reason, rule }: AuditVerdict): AuditVerdict {
  return reason ? { kind, reason, rule } : { kind, rule };
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
function isOwnWord(call: ToolStepCall, tool: BundleTool | undefined, scope: Scope): boolean {
  return tool === undefined && handOffOf(call, scope) === undefined;
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
