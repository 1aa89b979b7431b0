import type { Address } from '../manifest/resource.ts';
import type { Verdict } from './authority.ts';
import { pinMessage } from './gate-pin.ts';
import { type Denial, deny, effectiveVerdict, type Revisions } from './effective.ts';

/** One row of a subject's compiled rules. */
export interface PermissionCell {
  readonly subject: Address;
  readonly table: 'tools' | 'models';
  /** `namespace/name`. */
  readonly name: string;
}

export type Permitted = Exclude<Verdict, { kind: 'deny' }> | Denial;

/**
 * T6 to T8 and M3: what rules alone say of a call, whatever its arguments. `decide` asks it of every call, and the plan,
 * `can-i` and `who-can` of every cell, so that what was reviewed is what workers do.
 */
export function permit(revisions: Revisions, { subject, table, name }: PermissionCell): Permitted {
  const verdict = effectiveVerdict(revisions, { table, name });
  if (verdict.kind !== 'deny') return verdict;
  const { reason, rule } = verdict;
  switch (reason) {
    case 'tool.pin_missing':
    case 'mcp.identity_mismatch':
      return deny(reason, rule, pinMessage(reason, rule, name));
    case 'policy.not_granted':
      return deny(reason, rule, `Nothing grants ${name}: no role with its permissions, or live took it away.`);
    case 'isolation.unavailable':
      return deny(
        reason,
        rule,
        `${rule} wants ${name} kept apart more strongly than it can be, or people to be asked.`,
      );
    case 'policy.denied':
      return deny(reason, rule, `${rule} denies ${name}.`);
    case 'model.not_allowed':
      return deny(reason, rule, `${rule} does not let ${subject} use ModelEndpoint/${name}.`);
  }
}
