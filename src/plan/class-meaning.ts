import type { ChangeClass } from './change.ts';

/** What each class of a difference says of live, for people. */
export const classMeaning: Readonly<Record<ChangeClass, string>> = {
  outOfBand: 'changed by something other than apply',
  missing: 'gone from live',
  orphan: 'in live, and in no revision',
  conflict: 'changed both in Git and in live',
  converged: 'changed in live to what Git now says',
  pending: 'changed in Git',
  recompiled: 'made otherwise by another build of pawl',
};
