import type { Rules } from '../manifest/rules.ts';
import { parseRules } from '../manifest/rules-of.ts';
import { roleBindingsOf } from '../plan/role-bindings.ts';
import type { HaltScope } from '../policy/halt-scope.ts';
import type { Person } from '../policy/person.ts';
import { isWithin, type Reach, reachOf } from '../policy/role.ts';
import type { Database } from '../store/database.ts';
import { listEnvironments, readEnvironment } from '../store/environment.ts';
import type { HaltRole } from '../store/halt.ts';

interface Halting {
  readonly person: Person;
  readonly environment: string;
  readonly scope: HaltScope;
}

/** By which role somebody sets or lifts a halt: as an admin where they are one in all that it stops. */
export async function haltRoleOf({ db }: Database, { person, environment, scope }: Halting): Promise<HaltRole> {
  const reachBy = (rules: Rules | undefined): Reach => reachOf(roleBindingsOf(person, rules), 'administer');
  if (reachBy(undefined) === 'everywhere') return 'admin';
  if (scope.kind === 'global') {
    const all = await listEnvironments(db);
    const isAdmin = all.length > 0 && all.every(({ rules }) => reachBy(parseRules(rules)) === 'everywhere');
    return isAdmin ? 'admin' : 'operator';
  }
  const reach = reachBy(parseRules((await readEnvironment(db, environment))?.rules ?? null));
  const namespace = namespaceOf(scope);
  const isAdmin = namespace === undefined ? reach === 'everywhere' : isWithin(reach, namespace);
  return isAdmin ? 'admin' : 'operator';
}

/** Undefined: it stops calls of all of them. */
function namespaceOf({ kind, name }: Exclude<HaltScope, { readonly kind: 'global' }>): string | undefined {
  if (kind === 'environment' || kind === 'provider') return undefined;
  return kind === 'namespace' ? name : name.split('/')[0];
}
