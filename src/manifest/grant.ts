import type { Estate, Sound } from './estate.ts';
import { listAt, objectAt } from './manifest-reference.ts';
import { problemIn } from './position.ts';
import { demandsOf, gives, isCalled, qualified } from './resolve-grant.ts';
import type { Address } from './resource.ts';
import { toolRules } from './tool-rules.ts';

/** A permission that a tool needs of a subject, and the line of a role that gives it. */
export interface Grant {
  readonly tool: Address;
  readonly permission: string;
  /** Whether another permission of the same tool would do as well. */
  readonly any: boolean;
  readonly by: RoleLine | undefined;
}

export interface RoleLine {
  readonly role: Address;
  /** As the role's author wrote it. */
  readonly permission: string;
  readonly file: string;
  readonly line: number;
}

/** What each tool that an agent or a system names needs, and who grants it. */
export function grantsOf(manifest: Sound, estate: Pick<Estate, 'known' | 'byKind'>): readonly Grant[] {
  const roles = manifest.references.flatMap(({ kind, address }) => {
    const role = kind === 'AgentRole' ? estate.known.get(address) : undefined;
    return role === undefined ? [] : [role as Sound];
  });
  const rules = toolRules(estate);
  const seen = new Set<Address>();
  return manifest.references.flatMap((reference) => {
    if (!isCalled(reference, manifest) || seen.has(reference.address)) return [];
    seen.add(reference.address);
    return demandsOf(reference, { manifest, rules, estate }).flatMap(({ texts, any }) =>
      texts.map(({ written, wanted }) => ({
        tool: reference.address,
        permission: written,
        any: any && texts.length > 1,
        by: lineGiving(wanted, roles),
      })),
    );
  });
}

function lineGiving(wanted: string, roles: readonly Sound[]): RoleLine | undefined {
  for (const role of roles) {
    const written = listAt(objectAt(role.content.manifest, 'spec'), 'permissions').map(String);
    const index = written.findIndex((text) => gives(new Set([qualified(text, role.identity.namespace)]), wanted));
    const permission = written[index];
    if (permission === undefined) continue;
    const { file, line } = problemIn(role.document, ['spec', 'permissions', index], { code: '', message: '' });
    return { role: role.address, permission, file, line };
  }
  return undefined;
}
