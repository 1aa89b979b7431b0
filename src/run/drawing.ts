import type { Draw } from '../policy/decision.ts';
import type { Attempt } from './attempt.ts';

/** Draws from shared accounts what the next call needs, and a little more where there is much left. */
export async function drawFor(_attempt: Attempt, _draws: readonly Draw[]): Promise<void> {
  await Promise.resolve();
}
