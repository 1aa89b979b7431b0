import type { Denial } from '../policy/effective.ts';
import { type Halt, haltRule, haltScopeText } from '../policy/halt-scope.ts';
import { type Attempt, settle } from './attempt.ts';
import { isOpenAfter } from './endpoints.ts';
import type { NewWait } from './executor.ts';
import type { Again } from './replay.ts';
import type { Scope } from './scope.ts';

/** What cannot be read is looked at again after so long. */
const unreadableMs = 5_000;

/**
 * What a run waits for whose call is halted; undefined: the call is refused, by another rule or because who halted it
 * said so. A run that waits loses nothing, and no model hears of a halt that it could go round.
 */
export function haltWait({ call, path, scope, target }: Attempt, denial: Denial): NewWait | undefined {
  // Halted while the call was decided: taken up again at once, it is made of the next endpoint.
  const isHalted = denial.reason.startsWith('halt.') && denial.reason !== 'halt.unreadable';
  if (isHalted && call.kind === 'model' && isOpenAfter(target, call, scope))
    return { path: `${path}/halt`, kind: 'timer', delayMs: 1 };
  return haltWaitAt(path, denial, scope);
}

/** The same of whatever was stopped at this path, where nothing could take its place. */
export function haltWaitAt(path: string, { reason, rule }: Denial, scope: Scope): NewWait | undefined {
  if (reason === 'halt.unreadable') return { path: `${path}/halt`, kind: 'timer', delayMs: unreadableMs };
  if (!reason.startsWith('halt.')) return undefined;
  const { halts } = scope.live.current();
  const halt = halts?.known?.find((known) => haltRule(known) === rule);
  if (halts === undefined || halt === undefined || halt.denies === true) return undefined;
  const detail = { halt: halt.id, scope: haltScopeText(halt.scope), reason: halt.reason, by: halt.by };
  return { path: `${path}/halt`, kind: 'halt', detail, haltEpoch: halts.epoch };
}

interface Took {
  readonly tokensIn: number;
  readonly tokensOut: number;
  readonly cost: number;
}

/**
 * Writes down that a call was given up. What it would have cost stays charged, because the other side may have taken
 * it. It may be made again; the gate decides, and has it wait for as long as the halt is in force.
 */
export function settleGivenUp(attempt: Attempt, { scope, by }: Halt, took: Took): Again {
  const error = { code: 'call.halted', message: `The call was given up: ${by} halted ${haltScopeText(scope)}.` };
  settle(attempt, { outcome: 'unknown', error, ...took });
  return { kind: 'again', when: 'now', error };
}
