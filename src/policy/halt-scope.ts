/** The widest first. */
export const haltKinds = [
  'global',
  'environment',
  'namespace',
  'system',
  'agent',
  'server',
  'tool',
  'model',
  'provider',
] as const;

export type HaltKind = (typeof haltKinds)[number];

/** What one switch stops. */
export type HaltScope =
  | { readonly kind: 'global' }
  | {
      readonly kind: Exclude<HaltKind, 'global'>;
      /** A namespace's or provider's name; else `namespace/name`. */
      readonly name: string;
    };

/** A switch in force: no call within its scope is released while it is. */
export interface Halt {
  readonly id: string;
  readonly scope: HaltScope;
  readonly reason: string;
  readonly by: string;
  /** Whether calls in flight are given up too. */
  readonly aborts: boolean;
  /** Whether a call is refused and the run goes on without it. Absent: the run waits until the switch is lifted. */
  readonly denies?: boolean;
}

/** The rule that a decision names. */
export function haltRule({ id }: Pick<Halt, 'id'>): string {
  return `halt/${id}`;
}

/** As it is written: `global`, `tool/default/search`. */
export function haltScopeText(scope: HaltScope): string {
  return scope.kind === 'global' ? scope.kind : `${scope.kind}/${scope.name}`;
}
