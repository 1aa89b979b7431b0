import type { Bench } from './context.ts';

/** Every benchmark by its name, loaded when it is asked for. */
export const benches: ReadonlyMap<string, () => Promise<{ readonly bench: Bench }>> = new Map([
  ['audit', () => import('./audit.ts')],
  ['idle', () => import('./idle.ts')],
  ['p1', () => import('./p1.ts')],
  ['p2', () => import('./p2.ts')],
  ['p3', () => import('./p3.ts')],
  ['p4', () => import('./p4.ts')],
  ['p5', () => import('./p5.ts')],
  ['pushes', () => import('./pushes.ts')],
  ['w1', () => import('./w1.ts')],
  ['w12', () => import('./w12.ts')],
  ['w14', () => import('./w14.ts')],
  ['w15', () => import('./w15.ts')],
  ['w2', () => import('./w2.ts')],
  ['w3', () => import('./w3.ts')],
  ['w4', () => import('./w4.ts')],
  ['w5', () => import('./w5.ts')],
  ['w6', () => import('./w6.ts')],
  ['w7', () => import('./w7.ts')],
]);
