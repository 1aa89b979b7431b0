/** A reason for which a plan is refused, by hand and automatically alike, until it is acknowledged by its digest. */
export interface GuardRefusal {
  readonly id:
    | 'guard.deletes'
    | 'guard.updates'
    | 'guard.kind_emptied'
    | 'guard.namespace_emptied'
    | 'guard.source_shrunk'
    | 'guard.live_runs'
    | 'guard.protected'
    | 'review.changed'
    | 'review.unanswered';
  /** What the refusal says: figures, names, limits. */
  readonly message: string;
  /** `false`: no acknowledgement helps (what is protected takes two merges). */
  readonly acknowledgeable: boolean;
  readonly addresses: readonly string[];
}
