import { setTimeout as pause } from 'node:timers/promises';
import type { RateRule } from '../policy/authority.ts';
import { type Denial, deny } from '../policy/effective.ts';
import type { Attempt } from './attempt.ts';
import type { RateDoor } from './executor.ts';
import { Suspended } from './halt.ts';
import type { RateAsk, RateLimits } from './rate.ts';
import { assertGoing, revisionsFor, type Scope } from './scope.ts';

/** Shorter waits are not worth giving up the slot for. */
const inlineMsMax = 250;
const inlineRounds = 3;

/** One bucket that a call is taken from. */
interface Asked {
  readonly ask: Omit<RateAsk, 'hasWaited'>;
  /** The policy's rule; absent: the endpoint's own rate. */
  readonly rule?: RateRule;
}

/**
 * T12 and M8: waits until every rate lets the call be made. A wait is no decision: taken up again, the run asks again
 * for the same call, and is then one of those who have waited. Gives a refusal where the run or the step would be
 * out of time by then.
 */
export async function awaitRate(attempt: Attempt, tokens: number): Promise<Denial | undefined> {
  const { call, path, scope } = attempt;
  const { rates } = scope;
  if (rates === undefined) return undefined;
  const waitPath = `${path}/rate`;
  let hasWaited = scope.waits.has(waitPath);
  const taken: Asked[] = [];
  for (const asked of bucketsOf(attempt, tokens)) {
    for (let round = 1; ; round += 1) {
      const { waitMs } = await rates.take({ ...asked.ask, hasWaited });
      if (waitMs === 0) break;
      const late = lateFor(asked, waitMs, attempt);
      if (late !== undefined || waitMs > inlineMsMax || round > inlineRounds) {
        putBack(taken, rates, scope);
        if (late !== undefined) return late;
        throw new Suspended([{ path: waitPath, kind: 'rate', delayMs: waitMs }]);
      }
      await pause(waitMs, undefined, { signal: call.signal }).catch(() => undefined);
      assertGoing(scope);
      hasWaited = true;
    }
    taken.push(asked);
  }
  return undefined;
}

/** Puts back what a call was let through with that nobody sent: its requests, and the tokens that it could have used. */
export function returnRates(attempt: Attempt, tokens: number): void {
  const { rates } = attempt.scope;
  if (rates !== undefined) putBack(bucketsOf(attempt, tokens), rates, attempt.scope);
}

/** Losing it costs some of the rate, and nothing else. */
function putBack(taken: readonly Asked[], rates: RateDoor, { report }: Scope): void {
  for (const { ask } of taken) rates.giveBack(ask.key, ask.tokens, 1).catch(report);
}

function lateFor({ rule }: Asked, waitMs: number, { call, scope }: Attempt): Denial | undefined {
  if (rule === undefined || scope.overdueAt === undefined || performance.now() + waitMs < scope.overdueAt)
    return undefined;
  const message = `${rule.limit} calls in ${rule.windowMs} ms are made already, and the time of the run or of the step is over before the next may be made.`;
  return deny(call.kind === 'model' ? 'rate.model' : 'rate.tool', rule.id, message);
}

/** Whether the call is one that may have to wait. */
export function isRated(attempt: Attempt): boolean {
  return attempt.scope.rates !== undefined && bucketsOf(attempt, 0).length > 0;
}

function bucketsOf(attempt: Attempt, tokens: number): readonly Asked[] {
  const { call, scope, target } = attempt;
  const limits = call.kind === 'model' ? limitsOf(scope, target) : undefined;
  const { revision } = scope.run;
  const rules = rulesOf(attempt);
  if (rules.length === 0 && limits === undefined) return none;
  const ofRules = rules.map(
    (rule): Asked => ({
      rule,
      ask: {
        key: ruleKey(rule, attempt),
        revision,
        limits: { calls: { limit: rule.limit, windowMs: rule.windowMs } },
        tokens: 0,
      },
    }),
  );
  if (limits === undefined) return ofRules;
  return [...ofRules, { ask: { key: keyOf(scope, target), revision, limits, tokens } }];
}

const none: readonly Asked[] = [];

/** The rules of both revisions that the call is under; one that both have is one. */
function rulesOf({ call, scope, subject }: Attempt): readonly RateRule[] {
  const revisions = revisionsFor(scope, subject);
  if (revisions === undefined || (revisions.pinned.rates ?? revisions.live?.rates) === undefined) return [];
  const rules = [...(revisions.pinned.rates ?? [])];
  if (revisions.live !== revisions.pinned)
    rules.push(...(revisions.live?.rates ?? []).filter((rule) => !rules.some((other) => isSame(rule, other))));
  return rules.filter(({ key }) => (key === 'tool' || key === 'model' ? key === call.kind : true));
}

function isSame(rule: RateRule, other: RateRule): boolean {
  return rule.id === other.id && rule.sharedBy === other.sharedBy && rule.limit === other.limit;
}

/** A rule whose limit is changed has another bucket: runs that are under both limits ask both. */
function ruleKey({ id, key, sharedBy, limit }: RateRule, { scope, target }: Attempt): string {
  const of = sharedBy ?? (key === 'run' ? scope.run.id : target);
  return `${scope.run.environment} ${id}/${limit} ${of}`;
}

/** Corrects the bucket by what a call used. Losing it costs the endpoint some of its rate, and nothing else. */
export function correctRate(
  { call, scope, target }: Attempt,
  { reserved, used }: { readonly reserved: number; readonly used: number },
): void {
  if (call.kind !== 'model' || limitsOf(scope, target)?.tokensPerMinute === undefined || reserved === used) return;
  scope.rates?.giveBack(keyOf(scope, target), reserved - used).catch((cause: unknown) => scope.report(cause));
}

function limitsOf(scope: Scope, target: string): RateLimits | undefined {
  return Object.hasOwn(scope.content.models, target) ? scope.content.models[target]?.rateLimit : undefined;
}

/** Of one environment: its limits are its own. */
function keyOf(scope: Scope, target: string): string {
  return `${scope.run.environment} ModelEndpoint/${target}`;
}
