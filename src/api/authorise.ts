import { exitCodes, isPawlError, RetryableError, TerminalError } from '../errors.ts';
import type { Rules } from '../manifest/rules.ts';
import { roleBindingsOf } from '../plan/role-bindings.ts';
import type { Person, RoleBinding } from '../policy/person.ts';
import { isWithin, type Permission, type Reach, reachOf } from '../policy/role.ts';
import type { Operations } from './operations.ts';
import { problemOf } from './problem-json.ts';

/** What a request is about: whose permission it takes. */
export type Scope =
  /** Whoever is let in may ask it. */
  | { readonly kind: 'self' }
  /** It is of an environment as a whole, or of the installation. */
  | { readonly kind: 'everywhere'; readonly environment?: string }
  /** It is of these namespaces, each of which the permission must hold in. */
  | { readonly kind: 'in'; readonly environment: string; readonly namespaces: readonly string[] }
  /** It gives a list, of which each sees what is theirs. */
  | { readonly kind: 'anywhere'; readonly environment?: string };

/** The parts of a request, once they are checked. */
export interface Asked {
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: Readonly<Record<string, unknown>>;
  readonly operations: Operations;
}

/** What a route asks of a person. */
export interface Need {
  readonly to: Permission;
  readonly scope: (asked: Asked) => Scope | Promise<Scope>;
  /** Whether it is theirs without the permission too, where they may read: a rule names them for exactly this. */
  readonly isNamed?: (person: Person, asked: Asked, rules: Rules) => Promise<boolean>;
  /** What is left of the answer for somebody who sees some namespaces. */
  readonly filter?: (answer: unknown, sees: (namespace: string) => boolean) => unknown;
}

/** The rules in force, by environment: those of the commit that is live. */
export interface AccessRules {
  of(environment: string): Promise<Rules | undefined>;
  all(): Promise<readonly Rules[]>;
}

export interface Asking {
  readonly person: Person;
  readonly need: Need;
  readonly asked: Asked;
  readonly rules: AccessRules;
}

/**
 * Asks on behalf of a person, or throws why not. Somebody who sees some namespaces alone gets the same answer for what
 * is in another one as for what is not there, and no hint that names things.
 */
export async function authorised(asking: Asking, answer: (reach: Reach) => Promise<unknown>): Promise<unknown> {
  const { person, need, asked } = asking;
  if (reachOf(person.roles, need.to) === 'everywhere') return answer('everywhere');
  let seesAll = false;
  try {
    const scope = await need.scope(asked);
    if (scope.kind === 'self') return await answer('everywhere');
    const { reach, reads } = await heldIn(asking, scope);
    seesAll = reads === 'everywhere';
    if (!(await isNamed(asking, scope, reads))) assertReached(scope, { to: need.to, reach, reads });
    const answered = await answer(reach);
    if (reach === 'everywhere' || need.filter === undefined) return answered;
    return need.filter(answered, (namespace) => isWithin(reach, namespace));
  } catch (error) {
    throw seesAll ? error : withoutHints(error);
  }
}

interface Held {
  /** Of the permission that is needed, and of reading. */
  readonly reach: Reach;
  readonly reads: Reach;
}

async function heldIn({ person, need, rules }: Asking, scope: Scope & { environment?: string }): Promise<Held> {
  const { environment } = scope;
  const judging = environment === undefined ? await rules.all() : [await rules.of(environment)];
  // What is of no environment takes the role in each of them; a list of such things takes it in one.
  const held = judging.map((one) => roleBindingsOf(person, one));
  const bindings = scope.kind === 'everywhere' && held.length > 1 ? shared(held) : held.flat();
  const all = [...person.roles, ...bindings];
  return { reach: reachOf(all, need.to), reads: reachOf(all, 'read') };
}

async function isNamed({ person, need, asked, rules }: Asking, scope: Scope, reads: Reach): Promise<boolean> {
  if (need.isNamed === undefined || scope.kind !== 'in') return false;
  if (!scope.namespaces.every((namespace) => isWithin(reads, namespace))) return false;
  const judging = await rules.of(scope.environment);
  return judging !== undefined && need.isNamed(person, asked, judging);
}

/** The roles without namespaces that somebody has by each of several rules. */
function shared([first = [], ...others]: readonly (readonly RoleBinding[])[]): readonly RoleBinding[] {
  return first.filter(
    ({ role, namespaces }) =>
      namespaces === undefined &&
      others.every((more) => more.some((one) => one.role === role && one.namespaces === undefined)),
  );
}

function assertReached(scope: Scope, { to, reach, reads }: Held & { readonly to: Permission }): void {
  if (scope.kind === 'everywhere' && reach !== 'everywhere') throw forbidden(to, 'in all namespaces');
  if (scope.kind === 'anywhere' && reach !== 'everywhere' && reach.size === 0) throw forbidden(to, 'in any namespace');
  if (scope.kind !== 'in' || scope.namespaces.every((namespace) => isWithin(reach, namespace))) return;
  throw scope.namespaces.every((namespace) => isWithin(reads, namespace)) ? forbidden(to, 'there') : hidden();
}

function forbidden(to: Permission, where: string): TerminalError {
  return new TerminalError(`Nothing that you are lets you ${to} ${where}.`, {
    code: 'api.forbidden',
    help: 'Look at `pawl whoami`; an admin makes tokens, and `access` of pawl.yaml gives roles.',
    exit: exitCodes.unauthorised,
  });
}

/** What is said of what is not there and of what is not for them: the two cannot be told apart. */
export function hidden(): TerminalError {
  return new TerminalError('There is nothing of that name that you may see.', {
    code: 'resource.not_found',
    help: 'Name it with its namespace.',
  });
}

const namesThings = /[._](?:none|ambiguous)$/;

/** A help may list names of all namespaces, and so may a message of what is ambiguous. */
function withoutHints(error: unknown): unknown {
  if (!isPawlError(error) || error.code === 'api.forbidden' || error.code === 'api.invalid_request') return error;
  if (problemOf(error).status === 404 || namesThings.test(error.code)) return hidden();
  const { message, code, exit } = error;
  return error instanceof RetryableError
    ? new RetryableError(message, { code, exit })
    : new TerminalError(message, { code, exit });
}
