import { takeoverBench } from './takeover.ts';

/** W6: workers killed with -9 in the middle of their runs. */
export const bench = takeoverBench({
  fault: 'kill',
  leaseMs: 15_000,
  befell: 'killed with -9 and replaced',
  measured: ({ takeoverMs }) => takeoverMs,
  notes: [
    'Takeover: from sending the signal until another worker made ready again what the dead one had. The lease is 15 s, as by default, so none of it is waiting for a lease to run out.',
  ],
});
