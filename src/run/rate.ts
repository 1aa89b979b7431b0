/** What an endpoint may be asked in a minute, or how often a policy lets calls be made. */
export interface RateLimits {
  readonly requestsPerMinute?: number;
  readonly tokensPerMinute?: number;
  /** In place of the requests of a minute: a bucket of `limit` calls that is filled evenly over `windowMs`. */
  readonly calls?: { readonly limit: number; readonly windowMs: number };
}

/** A call that wants to be made now. */
export interface RateAsk {
  /** What is limited: all that ask under one key are counted together. */
  readonly key: string;
  /** The revision that the limits are from: the newest that asked says what they are. */
  readonly revision: number;
  readonly limits: RateLimits;
  /** The most that it can use. */
  readonly tokens: number;
  /** It was told to wait, and comes again. */
  readonly hasWaited: boolean;
}

export interface RateAnswer {
  /** 0: the call may be made. Else how long from now to ask again. */
  readonly waitMs: number;
}

/** What a key has left. Times are milliseconds since the epoch, by one clock. */
export interface Bucket {
  readonly revision: number;
  readonly limits: RateLimits;
  readonly requests: number;
  /** Less than nothing after a call that took more than there was. */
  readonly tokens: number;
  readonly refilledAt: number;
  /** When the last of those who wait comes again. */
  readonly waitingUntil: number;
}

const minuteMs = 60_000;
const waitMsMax = 3_600_000;
/** A remainder of the arithmetic, far below one request. */
const grain = 1e-6;

/**
 * Decides on one call. A bucket holds what comes in a second, or one call, so that there are never more in any minute
 * than the limit and as much again as a bucket holds. A call that takes more tokens than it holds waits for a full one
 * and leaves a debt. Those who have to wait get a time each, one after the other, and who comes new stands behind them.
 */
export function take(known: Bucket | undefined, ask: RateAsk, now: number): { bucket: Bucket; answer: RateAnswer } {
  const bucket = refilled(known ?? fullBucket(ask, now), ask, now);
  const { tokensPerMinute } = bucket.limits;
  const { perMinute, held } = requestsOf(bucket.limits);
  const requests = Math.min(bucket.requests, held);
  const tokens = Math.min(bucket.tokens, holds(tokensPerMinute));
  const missing = Math.max(
    msUntil(1, requests, perMinute),
    msUntil(Math.min(ask.tokens, holds(tokensPerMinute)), tokens, tokensPerMinute),
  );
  const isBehind = !ask.hasWaited && bucket.waitingUntil > now && !isIdle(bucket);
  if (missing === 0 && !isBehind) {
    return { bucket: { ...bucket, requests: requests - 1, tokens: tokens - ask.tokens }, answer: { waitMs: 0 } };
  }
  const spacing = Math.max(msFor(1, perMinute), msFor(ask.tokens, tokensPerMinute));
  const at = Math.min(Math.max(now + missing, bucket.waitingUntil + spacing), now + waitMsMax);
  return { bucket: { ...bucket, waitingUntil: at }, answer: { waitMs: Math.max(1, Math.ceil(at - now)) } };
}

/** Gives back what a call was allowed and did not use; takes what it used beyond that. */
export function giveBack(bucket: Bucket, tokens: number, requests = 0): Bucket {
  return {
    ...bucket,
    tokens: Math.min(idleLevel(holds(bucket.limits.tokensPerMinute)), bucket.tokens + tokens),
    requests: Math.min(idleLevel(requestsOf(bucket.limits).held), bucket.requests + requests),
  };
}

function fullBucket({ revision, limits }: RateAsk, now: number): Bucket {
  const { held: requests } = requestsOf(limits);
  return { revision, limits, requests, tokens: holds(limits.tokensPerMinute), refilledAt: now, waitingUntil: now };
}

function refilled(bucket: Bucket, ask: RateAsk, now: number): Bucket {
  const limits = ask.revision >= bucket.revision ? ask.limits : bucket.limits;
  const elapsed = Math.max(0, now - bucket.refilledAt);
  return {
    revision: Math.max(ask.revision, bucket.revision),
    limits,
    requests: more(bucket.requests, elapsed, requestsOf(limits)),
    tokens: more(bucket.tokens, elapsed, { perMinute: limits.tokensPerMinute, held: holds(limits.tokensPerMinute) }),
    refilledAt: Math.max(now, bucket.refilledAt),
    waitingUntil: bucket.waitingUntil,
  };
}

interface Flow {
  readonly perMinute: number | undefined;
  /** What the bucket holds. */
  readonly held: number;
}

function requestsOf({ calls, requestsPerMinute }: RateLimits): Flow {
  if (calls === undefined) return { perMinute: requestsPerMinute, held: holds(requestsPerMinute) };
  return { perMinute: (calls.limit * minuteMs) / calls.windowMs, held: calls.limit };
}

function more(had: number, elapsed: number, { perMinute, held }: Flow): number {
  return perMinute === undefined ? 0 : Math.min(idleLevel(held), had + (elapsed * perMinute) / minuteMs);
}

/** What a bucket holds: what comes in a second, and never less than one. */
function holds(limit: number | undefined): number {
  return limit === undefined ? 0 : Math.max(1, limit / 60);
}

function msUntil(wanted: number, there: number, limit: number | undefined): number {
  if (limit === undefined || there + grain >= wanted) return 0;
  return msFor(wanted - there, limit);
}

function msFor(amount: number, limit: number | undefined): number {
  return limit === undefined ? 0 : (amount * minuteMs) / limit;
}

/** The level goes on rising when the bucket is full, though no more than that can be taken: it shows for how long. */
function idleLevel(held: number): number {
  return 3 * held;
}

/** Those who were given a time do not come: they were cancelled, and nobody need stand behind them. */
function isIdle({ limits, requests, tokens }: Bucket): boolean {
  const isFull = tokens + grain >= idleLevel(holds(limits.tokensPerMinute));
  return isFull && requests + grain >= idleLevel(requestsOf(limits).held);
}
