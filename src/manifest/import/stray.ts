import type { Problem } from '../problem.ts';
import type { Place } from '../resource.ts';

/** A document, or a file that cannot be read as documents, that is of none of the systems or could not be told. */
export interface Stray {
  readonly fate: 'ignored' | 'refused';
  readonly place: Place;
  /** As far as it says so: `apps/v1 Deployment`. */
  readonly kind: string;
  /** Why, each at its place; of what is ignored, one with the reason. */
  readonly problems: readonly Problem[];
}

export function strayOf(fate: Stray['fate'], kind: string, problem: Problem): Stray {
  const { file, line, column } = problem;
  return { fate, place: { file, line, column }, kind, problems: [problem] };
}
