import { objectAt, listAt } from '../manifest/manifest-reference.ts';
import { makingOf } from '../manifest/origin.ts';
import { permissionParts } from '../manifest/permission.ts';
import { problemIn } from '../manifest/position.ts';
import { compareText } from '../manifest/problem.ts';
import type { Address, Resource } from '../manifest/resource.ts';
import type { Ask } from '../policy/approval.ts';
import type { SubjectAuthority } from '../policy/authority.ts';
import { permissionDemand, type Wanted } from '../policy/rule-form.ts';
import type { CellVerdict } from './access.ts';
import {
  authorityIn,
  type Caller,
  callersIn,
  formIn,
  operationsOf,
  subjectIn,
  verdictOf,
  type World,
} from './authority-world.ts';

/** One row of the effective authority: what a caller may do with one tool or model, and who says so. */
export interface Entitlement extends Caller {
  readonly target: 'tool' | 'model';
  /** `namespace/name`. */
  readonly name: string;
  /** A call performs all of them; empty for models. */
  readonly operations: readonly string[];
  readonly verdict: CellVerdict;
  /** What a deny for a missing grant lacks. */
  readonly missing: readonly string[];
  /** Of `ask`: who has to agree first, by the rule that asks. */
  readonly asks: readonly Ask[];
  readonly origins: readonly VerdictOrigin[];
}

/** A resource that a verdict rests on, with where it says so. */
export interface VerdictOrigin {
  readonly address: Address;
  readonly file: string;
  readonly line: number;
  /** Of a role: the permission, as its author wrote it. */
  readonly permission?: string;
}

/** Which rows: those of a caller, of a system, of a tool or model; undefined: all of them. */
export interface EntitlementQuery {
  readonly subject?: Address;
  readonly system?: string;
  readonly target?: { readonly kind: 'tool' | 'model'; readonly name: string };
}

/** The compiled rules of a caller, of all its tools or at least of some; undefined: it has none. */
export type AuthorityOf = (caller: Caller, tools: ReadonlySet<string> | undefined) => SubjectAuthority | undefined;

/**
 * The effective authority, decided as the worker and the plan decide it; by subject, system and name. Compiled from the
 * world's resources, unless it was compiled before.
 */
export function entitlementsOf(
  world: World,
  query: EntitlementQuery,
  authorityOf: AuthorityOf = (caller, tools) => authorityIn(world, caller, tools),
): readonly Entitlement[] {
  return callersAsked(world, query).flatMap((caller) => rowsOf(world, caller, { ...query, authorityOf }));
}

/** By subject and system. */
export function callersAsked(world: World, query: EntitlementQuery): readonly Caller[] {
  const callers = Array.from(callersIn(world), ({ subject, system }) => ({ subject, system })).filter(
    ({ subject, system }) =>
      (query.subject === undefined || query.subject === subject) &&
      (query.system === undefined || query.system === system),
  );
  return callers.sort((a, b) => compareText(a.subject, b.subject) || compareText(a.system, b.system));
}

function rowsOf(
  world: World,
  caller: Caller,
  { target, authorityOf }: Pick<EntitlementQuery, 'target'> & { readonly authorityOf: AuthorityOf },
): readonly Entitlement[] {
  const wanted = target?.kind === 'tool' ? new Set([target.name]) : undefined;
  const authority = authorityOf(caller, wanted);
  const rows: Entitlement[] = [];
  for (const kind of ['model', 'tool'] as const) {
    if (target !== undefined && target.kind !== kind) continue;
    const listed = Object.keys(authority?.[kind === 'tool' ? 'tools' : 'models'] ?? {}).sort(compareText);
    // Whoever asks for one by name is told of what the caller does not list too.
    const names = target === undefined ? listed : [target.name];
    for (const name of names) rows.push(rowOf(world, caller, { authority, kind, name }));
  }
  return rows;
}

function rowOf(
  world: World,
  caller: Caller,
  {
    authority,
    kind,
    name,
  }: { readonly authority: SubjectAuthority | undefined; readonly kind: 'tool' | 'model'; readonly name: string },
): Entitlement {
  const verdict = verdictOf(authority, { subject: caller.subject, table: kind === 'tool' ? 'tools' : 'models', name });
  const cell = kind === 'tool' ? authority?.tools[name] : undefined;
  const missing = cell?.kind === 'deny' ? (cell.missing ?? []) : [];
  const wanted = kind === 'tool' ? wantedBy(world, caller, name) : [];
  const asks = (verdict.asks ?? []).flatMap((rule): readonly Ask[] => {
    const terms = authority?.approvals?.[rule];
    return terms === undefined ? [] : [{ rule, ...terms }];
  });
  const origins = verdict.rule.split(', ').flatMap((address) => originOf(world.resources.get(address), wanted));
  const operations = kind === 'tool' ? operationsOf(world, name) : [];
  return { ...caller, target: kind, name, operations, verdict, missing, asks, origins };
}

/** Every permission that a call of the tool may need of the caller. */
function wantedBy(world: World, caller: Caller, name: string): readonly Wanted[] {
  const form = formIn(world.resources, name);
  const subject = subjectIn(world, caller);
  if (form === undefined || subject === undefined) return [];
  const rules = world.view.permissionsFor(name, subject).map((rule) => permissionDemand(rule));
  return [form.demand, ...rules].flatMap((demand) => demand?.wanted ?? []);
}

function originOf(resource: Resource | undefined, wanted: readonly Wanted[]): readonly VerdictOrigin[] {
  if (resource === undefined) return [];
  const { address, place } = resource;
  const whole = [{ address, file: place.file, line: place.line }];
  if (resource.kind !== 'AgentRole') return whole;
  const permissions = listAt(objectAt(resource.manifest, 'spec'), 'permissions').map(String);
  const giving = permissions.flatMap((permission, index) => {
    const key = permissionParts(permission, resource.namespace).join(':');
    return wanted.some(({ givenBy }) => givenBy.includes(key)) ? [{ permission, index }] : [];
  });
  if (giving.length === 0) return whole;
  return giving.map(({ permission, index }) => ({ address, ...placeOf(resource, index), permission }));
}

/** The line of one permission, where the file was read; else that of the role. */
function placeOf(role: Resource, index: number): { readonly file: string; readonly line: number } {
  const making = makingOf(role);
  if (making === undefined) return { file: role.place.file, line: role.place.line };
  // Resolution keeps the order of lists, so that the index is the author's.
  const { file, line } = problemIn(making.manifest.document, ['spec', 'permissions', index], { code: '', message: '' });
  return { file, line };
}
