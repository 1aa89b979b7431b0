/** The first entries of a list, and how many more there are. */
export interface Capped<T> {
  readonly shown: readonly T[];
  readonly more: number;
}

export function capped<T>(all: readonly T[], max: number): Capped<T> {
  return all.length <= max ? { shown: all, more: 0 } : { shown: all.slice(0, max), more: all.length - max };
}
