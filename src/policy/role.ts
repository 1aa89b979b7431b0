import type { PersonRole, RoleBinding } from './person.ts';

/** What a door lets a person do; each thing that can be asked for needs one of them. */
export type Permission = 'read' | 'author' | 'operate' | 'approve' | 'administer';

const permissions: Readonly<Record<PersonRole, readonly Permission[]>> = {
  reader: ['read'],
  author: ['read', 'author'],
  operator: ['read', 'author', 'operate'],
  approver: ['read', 'approve'],
  admin: ['read', 'author', 'operate', 'approve', 'administer'],
};

/** The namespaces that a permission holds in. What is of no namespace, or of all, needs `everywhere`. */
export type Reach = 'everywhere' | ReadonlySet<string>;

/** How far a permission reaches by all of somebody's roles. An empty list of namespaces reaches nothing. */
export function reachOf(bindings: readonly RoleBinding[], permission: Permission): Reach {
  const holding = bindings.filter(({ role }) => permissions[role].includes(permission));
  if (holding.some(({ namespaces }) => namespaces === undefined)) return 'everywhere';
  return new Set(holding.flatMap(({ namespaces = [] }) => namespaces));
}

export function isWithin(reach: Reach, namespace: string): boolean {
  return reach === 'everywhere' || reach.has(namespace);
}
