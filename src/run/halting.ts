import type { Decision } from '../policy/decision.ts';
import { haltRule, haltScopeText } from '../policy/halt.ts';
import type { Attempt } from './attempt.ts';
import type { NewWait } from './executor.ts';

/** What cannot be read is looked at again after so long. */
const unreadableMs = 5_000;

/**
 * What a run waits for whose call is halted; undefined: the call is refused, by another rule or because who halted it
 * said so. A run that waits loses nothing, and no model hears of a halt that it could go round.
 */
export function haltWait(
  { path, scope }: Attempt,
  { reason, rule }: Extract<Decision, { kind: 'deny' }>,
): NewWait | undefined {
  if (reason === 'halt.unreadable') return { path: `${path}/halt`, kind: 'timer', delayMs: unreadableMs };
  const { halts } = scope.live.current();
  const halt = reason.startsWith('halt.') ? halts?.known?.find((known) => haltRule(known) === rule) : undefined;
  if (halts === undefined || halt === undefined || halt.denies === true) return undefined;
  const detail = { halt: halt.id, scope: haltScopeText(halt.scope), reason: halt.reason, by: halt.by };
  return { path: `${path}/halt`, kind: 'halt', detail, haltEpoch: halts.epoch };
}
