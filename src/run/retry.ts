import type { BundleRetry, RetryCause } from '../manifest/bundle.ts';
import { policyCodes } from '../policy/reason.ts';
import type { CallError } from './journal-entry.ts';

/** What holds where the author says nothing: three attempts in all, a second, then two. */
export const usualRetry: BundleRetry = {
  maxAttempts: 3,
  backoff: { initialMs: 1_000, maxMs: 30_000, multiplier: 2, jitter: 'full' },
  on: ['error', 'rateLimited', 'timeout', 'unavailable'],
};

/**
 * How long to wait before the next attempt, after `failures` of them: exponential. With jitter, a thousand runs that
 * met the same outage do not come back together. `random` is in [0, 1).
 */
export function backoffMs({ backoff }: Pick<BundleRetry, 'backoff'>, failures: number, random: number): number {
  const ceiling = Math.min(backoff.maxMs, backoff.initialMs * backoff.multiplier ** (failures - 1));
  switch (backoff.jitter) {
    case 'full':
      return Math.ceil(ceiling * random);
    case 'equal':
      return Math.ceil(ceiling / 2 + (ceiling / 2) * random);
    case 'none':
      return Math.ceil(ceiling);
  }
}

/** What kind of failure a code is of, for a policy that tries some of them again. */
export function causeOf({ code }: Pick<CallError, 'code'>): RetryCause {
  return causes[code] ?? 'error';
}

const causes: Readonly<Record<string, RetryCause>> = {
  'tool.timeout': 'timeout',
  'model.timeout': 'timeout',
  'limit.timeout': 'timeout',
  'tool.rate_limited': 'rateLimited',
  'model.rate_limited': 'rateLimited',
  'tool.network': 'unavailable',
  'tool.unavailable': 'unavailable',
  'tool.aborted': 'unavailable',
  'model.unavailable': 'unavailable',
};

/** Failures of a side that was asked. What the gate said, or what the graph cannot do, comes out the same again. */
export function mayPass({ code }: Pick<CallError, 'code'>): boolean {
  if (code === 'limit.timeout') return true;
  return !Object.hasOwn(policyCodes, code) && asked.has(code.slice(0, code.indexOf('.')));
}

const asked: ReadonlySet<string> = new Set(['tool', 'model', 'agent', 'result', 'secret']);

/** The path of an attempt: `<path>` for the first, `<path>~2` for the second. */
export function attemptPath(path: string, attempt: number): string {
  return attempt === 1 ? path : `${path}~${attempt}`;
}
