import type { Dialect } from '../dialect.ts';

/** Kinds of Kubernetes around the agents: read where they are referred to. */
export const kubernetes: Dialect = { name: 'kubernetes', title: 'Kubernetes', kinds: [] };
