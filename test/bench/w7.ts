import { takeoverBench } from './takeover.ts';

/** W7: workers stopped past their lease in the middle of their runs, and woken when others have what was theirs. */
export const bench = takeoverBench({
  fault: 'sleep',
  leaseMs: 1_500,
  befell: 'stopped past their lease and woken',
  measured: ({ reclaimedMs }) => reclaimedMs,
  notes: [
    'Takeover: from the end of the lease, which nothing can shorten for a process that may go on, until another worker made ready again what the stopped one had, by the clock of the database. The lease is 1.5 s so that twenty of them fit into a minute; what is measured does not depend on it.',
    'What the stopped worker writes when it wakes must be refused: a write of it that was taken is among the duplicated or wrong.',
  ],
});
