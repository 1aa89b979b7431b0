import { externalAgentOperations, parseExternalAgentId } from '../manifest/external-agents.ts';
import type { Address, Resource } from '../manifest/resource.ts';
import type { SubjectAuthority } from '../policy/authority.ts';
import { callersOf, type SystemCaller } from '../policy/callers.ts';
import { kept } from '../policy/kept.ts';
import {
  authorityCompiled,
  memoriesNamed,
  type Request,
  requestOf,
  subjectAuthority,
} from '../policy/compile-authority.ts';
import { type Estate, estateBeside, estateKnown, estateOf, type View, viewOf } from '../policy/estate.ts';
import { memoryOperations } from '../policy/compile-memory.ts';
import { effectiveVerdict } from '../policy/effective.ts';
import { byAddress, permissionRule, policyRule, type Subject, subjectOf } from '../policy/reach.ts';
import { qualify } from '../manifest/reference.ts';
import type { ToolForm } from '../policy/rule-form.ts';
import { formAt } from '../policy/server-form.ts';
import { addressAt, pathOf } from '../policy/typed.ts';
import type { CellVerdict } from './access.ts';
import type { Sides } from './sides.ts';

/** Who calls, and in which system: the same agent has other rules in another system. */
export interface Caller {
  readonly subject: Address;
  /** `namespace/name`. */
  readonly system: string;
}

/** The resources of one side, ready to be asked about single callers and cells. */
export interface World {
  readonly resources: ReadonlyMap<Address, Resource>;
  readonly estate: Estate;
  readonly view: View;
  /** Operations of tools by `namespace/name`, as they were asked for. */
  readonly operations: Map<string, readonly string[]>;
}

export const worldOf = kept((resources: ReadonlyMap<Address, Resource>): World => worldFrom(estateOf(resources)));

/** The worlds of both sides of a plan, once for all who compare them. They differ at the changed addresses alone. */
export const worldsOf = kept((sides: Sides): Readonly<Record<'before' | 'after', World>> => {
  const after = worldOf(sides.after);
  const { before: resources, changed } = sides;
  // A view of its own: what an earlier plan looked up in vain may be remembered by now.
  const before = estateKnown(resources) ?? estateBeside(after.estate, { resources, changed });
  return { before: worldFrom(before), after };
});

function worldFrom(estate: Estate): World {
  return { resources: estate.resources, estate, view: viewOf(estate), operations: new Map() };
}

/** The world as it is but for some resources, which are as given here; undefined: not there. */
export function worldWithout(world: World, changed: ReadonlyMap<Address, Resource | undefined>): World {
  const { estate, view } = world;
  const put = [...changed.values()].filter((one) => one !== undefined);
  const policies = put.filter(({ kind }) => kind === 'AgentPolicy').map(policyRule);
  const permissions = put.filter(({ kind }) => kind === 'ToolPermission').map(permissionRule);
  const hasRules = [...changed.keys()].some((address) => /^(AgentPolicy|ToolPermission)\//.test(address));
  const overlaid: View = {
    used: view.used,
    note: view.note,
    // Other resources than the view's.
    basis: changed,
    resource(kind, path) {
      const address = addressAt(kind, path);
      if (!changed.has(address)) {
        // A role that nobody declares gives nothing; the rest of what its holder may do is still to be decided.
        return kind === 'AgentRole' && !estate.resources.has(address) ? emptyRole(path) : view.resource(kind, path);
      }
      const resource = changed.get(address);
      if (resource !== undefined) return resource;
      if (kind === 'AgentRole') return emptyRole(path);
      throw new TypeError(`${address} does not exist`);
    },
    policiesFor(subject) {
      const rules = view.policiesFor(subject);
      if (!hasRules) return rules;
      const kept = rules.filter(({ address }) => !changed.has(address));
      return byAddress([...kept, ...policies.filter((rule) => rule.reaches(subject))]);
    },
    permissionsFor(tool, subject) {
      const rules = view.permissionsFor(tool, subject);
      if (!hasRules) return rules;
      const kept = rules.filter(({ address }) => !changed.has(address));
      const added = permissions.filter(
        (rule) => qualify(rule.spec.toolRef, rule.namespace) === tool && rule.reaches(subject),
      );
      return byAddress([...kept, ...added]);
    },
  };
  return { resources: new Map(), estate, view: overlaid, operations: new Map() };
}

function emptyRole(path: string): Resource {
  const address = addressAt('AgentRole', path);
  const [, namespace = '', name = ''] = address.split('/');
  const place = { file: '', line: 1, column: 1 };
  return { kind: 'AgentRole', namespace, name, address, manifest: { spec: { permissions: [] } }, digest: '', place };
}

/** The caller as rules see it; undefined: the system does not have it. */
export function subjectIn({ view }: World, { subject, system }: Caller): Subject | undefined {
  const resource = absentOnFailure(() => view.resource('AgentSystem', system));
  const caller = resource && callersBy(resource, view).get(subject);
  return caller && subjectOf(caller);
}

/** The callers of a system by address. Names that lead nowhere are left out: nobody calls under them. */
function callersBy(system: Resource, view: View): ReadonlyMap<Address, SystemCaller> {
  return byAddressOf(callersOf(system, (kind, path) => absentOnFailure(() => view.resource(kind, path))));
}

const byAddressOf = kept(
  (callers: readonly SystemCaller[]): ReadonlyMap<Address, SystemCaller> =>
    new Map(callers.map((caller) => [caller.resource.address, caller])),
);

/** What a caller's manifest asks for; undefined: it is not there, or this build cannot compile it. */
export function requestIn({ view }: World, subject: Subject): Request | undefined {
  return absentOnFailure(() => requestOf(subject, view));
}

/** The memories behind what a caller lists, by `namespace/name`. */
export function memoriesIn({ view }: World, subject: Subject): readonly string[] {
  return absentOnFailure(() => memoriesNamed(subject, view)) ?? [];
}

/** The compiled rules of a caller, of all its tools or of some; undefined: it has none, so that everything is denied. */
export function authorityIn(world: World, caller: Caller, tools?: ReadonlySet<string>): SubjectAuthority | undefined {
  const subject = subjectIn(world, caller);
  if (subject === undefined) return undefined;
  const known = tools === undefined ? authorityCompiled(subject, world.view) : undefined;
  return known ?? absentOnFailure(() => subjectAuthority(subject, world.view, tools));
}

/** The same where a bundle was compiled of these resources already; undefined: it was not. */
export function compiledIn(world: World, caller: Caller): SubjectAuthority | undefined {
  const subject = subjectIn(world, caller);
  return subject && authorityCompiled(subject, world.view);
}

/** One cell, as the worker's own decision has it. */
export function verdictOf(
  authority: SubjectAuthority | undefined,
  { subject, table, name }: { readonly subject: Address; readonly table: 'tools' | 'models'; readonly name: string },
): CellVerdict {
  if (authority === undefined) return { kind: 'deny', rule: subject, reason: 'gate.authority_missing' };
  if (authority[table][name] === undefined)
    return { kind: 'deny', rule: subject, reason: table === 'tools' ? 'tool.not_declared' : 'model.not_allowed' };
  // `permit` without its sentences, which nobody reads of a fleet's cells.
  const verdict = effectiveVerdict({ pinned: authority, live: undefined }, { table, name });
  if (verdict.kind === 'allow') return verdict;
  if (verdict.kind === 'ask') return { kind: 'ask', rule: verdict.rule, asks: verdict.asks };
  return { kind: 'deny', rule: verdict.rule, reason: verdict.reason };
}

/** The operations of a tool; none where there is no such tool. */
export function operationsOf({ resources, operations }: World, path: string): readonly string[] {
  const known = operations.get(path);
  if (known !== undefined) return known;
  const isExternal = parseExternalAgentId(path) !== undefined;
  const found = isExternal
    ? externalAgentOperations
    : (memoryOperations(path) ?? formIn(resources, path)?.operations ?? []);
  operations.set(path, found);
  return found;
}

/** What rules see of a tool, a Tool or a server's; undefined: there is none. */
export function formIn(resources: ReadonlyMap<Address, Resource>, id: string): ToolForm | undefined {
  return absentOnFailure(() =>
    formAt(id, (kind, path) => {
      const found = resources.get(addressAt(kind, path));
      if (found === undefined) throw new TypeError(`${addressAt(kind, path)} does not exist`);
      return found;
    }),
  );
}

/** The callers of every system of a side, or of those that are asked for. */
export function* callersIn(
  { estate, view }: World,
  isAskedFor: (system: Resource) => boolean = () => true,
): Generator<Caller & { readonly from: Resource }> {
  for (const resource of estate.systems) {
    if (!isAskedFor(resource)) continue;
    const system = pathOf(resource);
    for (const subject of callersBy(resource, view).keys()) yield { subject, system, from: resource };
  }
}

function absentOnFailure<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    // What cannot be compiled has no rules, and without rules a worker denies: there is no other way to count it.
    return undefined;
  }
}
