import type { Dialect } from '../dialect.ts';

/** Orloj, all kinds that its files may declare. */
export const orloj: Dialect = { name: 'orloj', title: 'Orloj', kinds: [] };
