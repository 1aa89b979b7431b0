import { setTimeout as pause } from 'node:timers/promises';
import type { Attempt } from './attempt.ts';
import { Suspended } from './halt.ts';
import type { RateLimits } from './rate.ts';
import { assertGoing, type Scope } from './scope.ts';

/** Shorter waits are not worth giving up the slot for. */
const inlineMsMax = 250;
const inlineRounds = 3;

/**
 * Waits until the endpoint may be asked. A wait is no decision: taken up again, the run asks again for the same call,
 * and is then one of those who have waited.
 */
export async function awaitRate({ call, path, scope, target }: Attempt, tokens: number): Promise<void> {
  const limits = limitsOf(scope, target);
  if (call.kind !== 'model' || limits === undefined || scope.rates === undefined) return;
  const waitPath = `${path}/rate`;
  let hasWaited = scope.waits.has(waitPath);
  for (let round = 1; ; round += 1) {
    const { key, revision } = { key: keyOf(scope, target), revision: scope.run.revision };
    const { waitMs } = await scope.rates.take({ key, revision, limits, tokens, hasWaited });
    if (waitMs === 0) return;
    if (waitMs > inlineMsMax || round > inlineRounds)
      throw new Suspended([{ path: waitPath, kind: 'rate', delayMs: waitMs }]);
    await pause(waitMs, undefined, { signal: call.signal }).catch(() => undefined);
    assertGoing(scope);
    hasWaited = true;
  }
}

/** Whether the call is one that may have to wait for its endpoint's rate. */
export function isRated({ call, scope, target }: Attempt): boolean {
  return call.kind === 'model' && scope.rates !== undefined && limitsOf(scope, target) !== undefined;
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
