import { setTimeout as pause } from 'node:timers/promises';
import type { RateRule } from '../policy/authority.ts';
import { type Denial, deny } from '../policy/effective.ts';
import type { Attempt } from './attempt.ts';
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

/** What holds the call to its rates; undefined: it is under none. */
export function rateUseOf(attempt: Attempt): RateUse | undefined {
  const { scope } = attempt;
  return scope.rates === undefined || bucketsOf(attempt, 0).length === 0 ? undefined : new RateUse(scope);
}

/**
 * What one call takes from the rates that it is under. It gives back what it took, whatever the rules have become since,
 * and once.
 */
export class RateUse {
  readonly #scope: Scope;
  #taken: Asked[] = [];
  /** The rates let the call be made. */
  isPaced = false;
  #isSent = false;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /**
   * T12 and M8: waits until every rate lets the call be made. A wait is no decision: taken up again, the run asks again
   * for the same call, and is then one of those who have waited. Gives a refusal where the run or the step would be
   * out of time by then.
   */
  async take(attempt: Attempt, tokens: number): Promise<Denial | undefined> {
    const waitPath = `${attempt.path}/rate`;
    let hasWaited = this.#scope.waits.has(waitPath);
    for (const asked of bucketsOf(attempt, tokens)) {
      const pace = await paceOf(asked, { attempt, hasWaited });
      if (pace.kind === 'late') return pace.denial;
      if (pace.kind === 'far') throw new Suspended([{ path: waitPath, kind: 'rate', delayMs: pace.waitMs }]);
      hasWaited = pace.hasWaited;
      this.#taken.push(asked);
    }
    this.isPaced = true;
    return undefined;
  }

  /** From here on the call counts, unless it turns out that nothing of it was sent. */
  send(): void {
    this.#isSent = true;
  }

  /** Puts back what nobody sent a call for: its requests, and the tokens that it could have used. */
  giveBack(): void {
    for (const { ask } of this.#over()) this.#put(ask.key, ask.tokens, 1);
  }

  /** The same, of a call that never came to be sent. */
  end(): void {
    if (!this.#isSent) this.giveBack();
  }

  /** Corrects the buckets by the tokens that a call used. */
  correct(used: number): void {
    for (const { ask } of this.#over()) {
      if (ask.limits.tokensPerMinute !== undefined && ask.tokens !== used) this.#put(ask.key, ask.tokens - used, 0);
    }
  }

  #over(): readonly Asked[] {
    const taken = this.#taken;
    this.#taken = [];
    return taken;
  }

  /** Losing it costs some of the rate, and nothing else. */
  #put(key: string, tokens: number, requests: number): void {
    const { rates, report } = this.#scope;
    rates?.giveBack(key, tokens, requests).catch(report);
  }
}

type Pace =
  | { readonly kind: 'taken'; readonly hasWaited: boolean }
  | { readonly kind: 'late'; readonly denial: Denial }
  | { readonly kind: 'far'; readonly waitMs: number };

/** Asks one bucket, and again after waits that are not worth giving up the slot for. */
async function paceOf(
  asked: Asked,
  { attempt, hasWaited }: { readonly attempt: Attempt; readonly hasWaited: boolean },
): Promise<Pace> {
  const { call, scope } = attempt;
  let waited = hasWaited;
  for (let round = 1; ; round += 1) {
    const { waitMs } = (await scope.rates?.take({ ...asked.ask, hasWaited: waited })) ?? { waitMs: 0 };
    if (waitMs === 0) return { kind: 'taken', hasWaited: waited };
    const denial = lateFor(asked, waitMs, attempt);
    if (denial !== undefined) return { kind: 'late', denial };
    if (waitMs > inlineMsMax || round > inlineRounds) return { kind: 'far', waitMs };
    await pause(waitMs, undefined, { signal: call.signal }).catch(() => undefined);
    assertGoing(scope);
    waited = true;
  }
}

function lateFor({ rule }: Asked, waitMs: number, { call, scope }: Attempt): Denial | undefined {
  if (rule === undefined || scope.overdueAt === undefined || performance.now() + waitMs < scope.overdueAt)
    return undefined;
  const message = `${rule.limit} calls in ${rule.windowMs} ms are made already, and the time of the run or of the step is over before the next may be made.`;
  return deny(call.kind === 'model' ? 'rate.model' : 'rate.tool', rule.id, message);
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

function limitsOf(scope: Scope, target: string): RateLimits | undefined {
  return Object.hasOwn(scope.content.models, target) ? scope.content.models[target]?.rateLimit : undefined;
}

/** Of one environment: its limits are its own. */
function keyOf(scope: Scope, target: string): string {
  return `${scope.run.environment} ModelEndpoint/${target}`;
}
