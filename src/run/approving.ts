import type { Decision } from '../policy/decision.ts';
import type { Attempt } from './attempt.ts';
import { Halted } from './halt.ts';

/** Puts an action to people, and gives the run's slot, lease and budget back until they have decided on it. */
export async function awaitApproval(_attempt: Attempt, _decision: Extract<Decision, { kind: 'ask' }>): Promise<never> {
  throw new Halted('stopped');
}
