import { permissionParts } from '../manifest/permission.ts';
import { compareText } from '../manifest/problem.ts';
import type { Resource } from '../manifest/resource.ts';
import { specOf } from './typed.ts';

/** One permission and the role that gives it. */
export interface Permission {
  readonly role: string;
  readonly parts: readonly string[];
}

/** The permissions that roles give, by role address whatever the order of the list. */
export function permissionsOf(roles: readonly Resource[]): readonly Permission[] {
  const sorted = [...roles].sort((a, b) => compareText(a.address, b.address));
  return sorted.flatMap((role) =>
    specOf(role, 'AgentRole').permissions.map((text) => ({
      role: role.address,
      parts: permissionParts(text, role.namespace),
    })),
  );
}

/** The first role that gives a permission; undefined: none does. */
export function giverOf(required: readonly string[], permissions: readonly Permission[]): string | undefined {
  return permissions.find((permission) => gives(permission.parts, required))?.role;
}

/** `*` stands for a whole part after the first, never for a piece of one. */
function gives(given: readonly string[], required: readonly string[]): boolean {
  return (
    given.length === required.length &&
    given.every((part, index) => part === required[index] || (index > 0 && part === '*'))
  );
}
