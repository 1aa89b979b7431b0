import type { BundleRetry } from '../manifest/bundle.ts';
import { compareText } from '../manifest/problem.ts';
import { durationMs } from './duration-ms.ts';
import type { SpecOf } from './typed.ts';

/** When and how often a failure is tried again; who names no failures means those that may pass by themselves. */
export function retryOf({ maxAttempts, backoff, on }: NonNullable<SpecOf<'Tool'>['retry']>): BundleRetry {
  const { initial, max, multiplier, jitter } = backoff;
  return {
    maxAttempts,
    backoff: { initialMs: durationMs(initial), maxMs: durationMs(max), multiplier, jitter },
    on: [...(on ?? passing)].sort(compareText),
  };
}

const passing = ['rateLimited', 'timeout', 'unavailable'] as const;
