import { createHash, timingSafeEqual } from 'node:crypto';
import { RetryableError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Person } from '../policy/person.ts';
import { findToken, recordRefusal, touchToken } from '../store/api-token.ts';
import type { Database } from '../store/database.ts';
import { RequestRates } from './request-rates.ts';
import { parseToken } from './token.ts';

/** Whom a bearer token belongs to; undefined: to nobody that may come in. `source` is the other end of the request. */
export type Identify = (token: string, source: string) => Promise<Person | undefined>;

/** The same, and for the record why not. */
export type Prove = (token: string) => Promise<Proved>;
export type Proved = { readonly person: Person } | { readonly refused: string };

/** The one token of a server, and whose it is. */
export function ownToken(own: string, person: Person): Identify {
  return (given) => Promise.resolve(isEqual(given, own) ? person : undefined);
}

/** Tokens that an admin made. */
export function storedTokens(database: Database): Prove {
  return async (given) => {
    const parsed = parseToken(given);
    const found = parsed && (await findToken(database.db, parsed.id));
    // Compared even where there is none, so that a known id does not show in the time.
    const isTheirs = isEqual(parsed?.digest ?? '', found?.digest ?? 'none');
    if (found === undefined || !isTheirs) return { refused: 'unknown' };
    if (found.revoked_at !== null) return { refused: `revoked ${found.id}` };
    if (found.is_expired) return { refused: `expired ${found.id}` };
    await touchToken(database.db, found.id);
    return { person: { name: found.name, proof: 'token', groups: found.groups, roles: found.roles } };
  };
}

export interface Ways {
  /** Looked at first: it costs nothing, and nobody can crowd its owner out. */
  readonly own?: Identify;
  readonly others: readonly Prove[];
  readonly database: Database;
  readonly log: Log;
  readonly now?: () => number;
}

const failuresPerSecond = 2;
const failuresBurst = 30;
const sourcesMax = 10_000;
const recordsPerSecond = 0.2;
const recordsBurst = 10;

/** Tries every way in. A source that fails again and again is told to wait, and is an event once a while. */
export function waysIn({ own, others, database, log, now = performance.now.bind(performance) }: Ways): Identify {
  const failures = new RequestRates({ perSecond: failuresPerSecond, burst: failuresBurst, sourcesMax });
  const records = new RequestRates({ perSecond: recordsPerSecond, burst: recordsBurst, sourcesMax: 1 });
  let unrecorded = 0;
  const refuse = async (source: string, reason: string): Promise<void> => {
    unrecorded += 1;
    const waitMs = failures.take(source, now());
    if (records.take('', now()) === 0) {
      const refused = unrecorded;
      unrecorded = 0;
      // Who is not let in is not told that the record failed; the log is.
      await recordRefusal(database, { source, reason, refused }).catch((error: unknown) => {
        log.warn({ err: error }, 'a refusal at the door could not be recorded');
      });
    }
    if (waitMs > 0) throw crowded(waitMs);
  };
  return async (token, source) => {
    const owner = await own?.(token, source);
    if (owner !== undefined) return owner;
    const waitMs = failures.waitOf(source, now());
    if (waitMs > 0) throw crowded(waitMs);
    const reasons: string[] = [];
    for (const prove of others) {
      const proved = await prove(token);
      if ('person' in proved) return proved.person;
      reasons.push(proved.refused);
    }
    await refuse(source, reasons.find((reason) => reason !== 'unknown') ?? 'unknown');
    return undefined;
  };
}

function crowded(waitMs: number): RetryableError {
  return new RetryableError('Too many requests from this address carried no token that is good.', {
    code: 'api.too_many_failures',
    help: 'Check the token, and try again later.',
    retryAfterMs: waitMs,
    exit: 4,
  });
}

/** Compares digests, so that neither a difference's place nor the length shows in the time. */
export function isEqual(given: string, wanted: string): boolean {
  const [left, right] = [given, wanted].map((text) => createHash('sha256').update(text).digest());
  return left !== undefined && right !== undefined && timingSafeEqual(left, right);
}
