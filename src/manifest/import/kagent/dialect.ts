import type { Dialect } from '../dialect.ts';

/** kagent and kmcp, in the three versions of their API. */
export const kagent: Dialect = { name: 'kagent', title: 'kagent', kinds: [] };
