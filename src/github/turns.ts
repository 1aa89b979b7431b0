import { mergesTurn } from './merges.ts';
import type { Turn } from './context.ts';

/** Everything that the loop does on GitHub, in the order in which it is done. */
export const turns: readonly Turn[] = [mergesTurn];
