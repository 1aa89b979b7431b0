import type { Rules } from '../manifest/rules.ts';
import type { Person, RoleBinding } from '../policy/person.ts';
import { standingOf } from './approvers.ts';

/** A person's roles: those of their token, and those that `access` of pawl.yaml gives to them and to their groups. */
export function roleBindingsOf(person: Person, rules: Rules | undefined): readonly RoleBinding[] {
  if (rules === undefined) return person.roles;
  const given = (rules.access ?? []).flatMap(({ role, namespaces, groups, users }) => {
    // An entry that names nobody is for nobody; elsewhere nobody named means anybody.
    if (groups.length + users.length === 0 || !standingOf(person, { groups, users, min: 1 }, rules).may) return [];
    return [namespaces === undefined ? { role } : { role, namespaces }];
  });
  return [...person.roles, ...given];
}
