import type { BundleGuard } from '../manifest/bundle-guard.ts';
import { canonicalText } from '../manifest/digest.ts';
import { type JsonObject, own } from '../manifest/json.ts';
import { compareText } from '../manifest/problem.ts';
import type { Authority } from '../policy/authority.ts';
import type { GuardRequest } from '../guards/guard.ts';
import type { Scope } from './scope.ts';

/** A Guard that a call of some subject passes. */
export interface AppliedGuard {
  /** `Guard/ns/name`. */
  readonly rule: string;
  /** Undefined: a revision names it and does not define it, so that it cannot be asked, which closes. */
  readonly guard: BundleGuard | undefined;
  /** Named only by policies in audit mode: what it finds is recorded, and nothing follows. */
  readonly shadow: boolean;
}

/**
 * The guards of the revision that the run is pinned to and those of the live one, each as that revision defines it: one
 * that both define alike is asked once. In the order of their names.
 */
export function guardsFor(
  { pinned, live }: Pick<Scope, 'pinned' | 'live'>,
  subject: string,
  { mode, call }: Pick<GuardRequest, 'mode' | 'call'>,
): readonly AppliedGuard[] {
  const current = live.current().authority;
  const ofPinned = namedIn(pinned, subject);
  const ofLive = current === pinned ? none : namedIn(current, subject);
  if (ofPinned.length + ofLive.length === 0) return none;
  const named = [...ofPinned, ...ofLive];
  const known = new Map<string, AppliedGuard>();
  for (const one of named) {
    if (one.guard !== undefined && !(one.guard.mode.includes(mode) && one.guard.calls.includes(call))) continue;
    const key = `${one.rule} ${one.guard === undefined ? '' : canonicalText(one.guard as unknown as JsonObject)}`;
    const other = known.get(key);
    if (other === undefined || other.shadow) known.set(key, one);
  }
  return [...known.values()].sort((a, b) => compareText(a.rule, b.rule));
}

const none: readonly AppliedGuard[] = [];

function namedIn(authority: Authority | undefined, subject: string): readonly AppliedGuard[] {
  const row = own(authority?.subjects, subject);
  if (row?.guards === undefined && row?.audit?.guards === undefined) return none;
  const enforced = row.guards ?? [];
  const watching = (row.audit?.guards ?? []).filter((name) => !enforced.includes(name));
  if (enforced.length + watching.length === 0) return none;
  const applied = (shadow: boolean) => (name: string) => ({
    rule: `Guard/${name}`,
    guard: own(authority?.guards ?? {}, name),
    shadow,
  });
  return [...enforced.map(applied(false)), ...watching.map(applied(true))];
}
