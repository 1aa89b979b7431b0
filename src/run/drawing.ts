import type { Draw } from '../policy/decision.ts';
import type { Denial } from '../policy/effective.ts';
import type { Attempt } from './attempt.ts';

/** Calls that run beside it may take what was drawn for a call; a call that loses so often is refused. */
const drawsMax = 32;

/** Draws from shared accounts what a call needs, and a little more where there is much left. */
export async function drawFor({ scope }: Attempt, draws: readonly Draw[], times: number): Promise<Denial | undefined> {
  if (scope.allotments === undefined || times > drawsMax) return overtaken(draws);
  await scope.allotments.draw(draws);
  return undefined;
}

function overtaken(draws: readonly Draw[]): Denial {
  const rule = draws[0]?.account.split(' ')[0] ?? 'budget';
  const message = `What was drawn for the call was taken by others ${drawsMax} times in a row.`;
  return { kind: 'deny', reason: 'budget.exhausted', rule, message };
}
