import type { ChangeClass, FieldAction } from './change.ts';

/** Contents of one address by digest; undefined: not there. */
export interface Digests {
  readonly applied: string | undefined;
  readonly live: string | undefined;
  readonly target: string | undefined;
  /** The target is what the applied revision was made from, as authors wrote it: only pawl makes something else of it. */
  readonly isWrittenAlike?: boolean;
}

export interface Verdict {
  readonly class: ChangeClass;
  readonly action: FieldAction;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/**
 * What apply has to do so that the row and the record both say the target; undefined: they do already. A row that
 * somebody deleted is made again, also when Git moved meanwhile: there is no edit to lose. An edited row under a moved
 * manifest is a conflict, and so is one that Git deletes. Another build of pawl moves nothing in Git.
 */
export function classify({ applied, live, target, isWrittenAlike = false }: Digests): Verdict | undefined {
  if (live === target) {
    return applied === target ? undefined : verdict('converged', applied, target);
  }
  if (applied === live) return verdict(isWrittenAlike ? 'recompiled' : 'pending', live, target);
  if (live === undefined) return verdict('missing', live, target);
  if (applied === target || isWrittenAlike)
    return verdict(applied === undefined ? 'orphan' : 'outOfBand', live, target);
  return verdict('conflict', live, target);
}

/** How live differs from what the last applied revision says, whatever the target is. */
export function classifyDrift({ applied, live }: Digests): Verdict | undefined {
  if (applied === live) return undefined;
  if (live === undefined) return verdict('missing', applied, live);
  return verdict(applied === undefined ? 'orphan' : 'outOfBand', applied, live);
}

function verdict(kind: ChangeClass, before: string | undefined, after: string | undefined): Verdict {
  const action = before === undefined ? 'create' : after === undefined ? 'delete' : 'update';
  return { class: kind, action, before, after };
}
