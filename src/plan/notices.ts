import { compareText } from '../manifest/problem.ts';
import { qualify } from '../manifest/reference.ts';
import type { Address, Kind, Resource } from '../manifest/resource.ts';
import { callersOf } from '../policy/callers.ts';
import { policyRule, subjectOf } from '../policy/reach.ts';
import { addressAt, specOf } from '../policy/typed.ts';
import type { AccessChanges } from './access.ts';
import type { Notice } from './beside.ts';
import { capped } from './capped.ts';
import type { FieldChange } from './change.ts';
import { propagationOf } from './render/propagation.ts';
import type { Sides } from './sides.ts';
import { usesOf } from './uses.ts';

interface Context {
  readonly sides: Sides;
  readonly access: AccessChanges;
}

const fieldsMax = 10;

/** What runs of a system that have started notice of the changes, and when; by address, then by when. */
export function noticesOf(system: string, context: Context): readonly Notice[] {
  const bearing = changedFor(system, context.sides);
  return bearing.flatMap((address) => {
    const fields = new Map<Notice['reaches'], string[]>();
    for (const { path, reaches } of reachesOf(address, system, context)) {
      for (const when of reaches) fields.set(when, [...(fields.get(when) ?? []), path]);
    }
    return [...fields]
      .sort(([a], [b]) => order.indexOf(a) - order.indexOf(b))
      .map(([reaches, paths]): Notice => {
        const { shown, more } = capped([...new Set(paths.filter((path) => path !== ''))].sort(compareText), fieldsMax);
        return { address, fields: shown, ...(more > 0 ? { moreFields: more } : {}), reaches };
      });
  });
}

const order: readonly Notice['reaches'][] = ['nextCall', 'atOnce', 'pinned', 'newRuns'];

/** The changed resources that a system uses on either side, and the rules over it. */
function changedFor(system: string, sides: Sides): readonly Address[] {
  const changed = new Set(sides.changed);
  const found = new Set<Address>();
  const used = new Set([addressAt('AgentSystem', system)]);
  for (const address of used) {
    if (changed.has(address)) found.add(address);
    for (const side of [sides.before, sides.after]) {
      const resource = side.get(address);
      for (const one of resource === undefined ? [] : usesOf(resource)) used.add(one.address);
    }
  }
  for (const address of changed) {
    const forms = [sides.before.get(address), sides.after.get(address)].filter((form) => form !== undefined);
    if (forms.some((form) => rules(form, system, { sides, used }))) found.add(address);
  }
  return [...found].sort(compareText);
}

interface Ruled {
  readonly sides: Sides;
  readonly used: ReadonlySet<Address>;
}

function rules(rule: Resource, system: string, { sides, used }: Ruled): boolean {
  if (rule.kind === 'ToolPermission') {
    return used.has(addressAt('Tool', qualify(specOf(rule, 'ToolPermission').toolRef, rule.namespace)));
  }
  if (rule.kind !== 'AgentPolicy') return false;
  const { reaches } = policyRule(rule);
  return [sides.before, sides.after].some((side) => {
    const resource = side.get(addressAt('AgentSystem', system));
    if (resource === undefined) return false;
    const callers = callersOf(resource, (kind, path) => side.get(addressAt(kind, path)));
    return callers.some((caller) => reaches(subjectOf(caller)));
  });
}

/** What is written of a resource for people is no part of a run. */
const forPeople = /^(?:metadata\b|spec\.(?:description|owner|displayName)$)/;

interface Reached {
  /** Empty: the whole resource. */
  readonly path: string;
  readonly reaches: readonly Notice['reaches'][];
}

function reachesOf(address: Address, system: string, { sides, access }: Context): readonly Reached[] {
  const change = sides.changes.get(address);
  if (change === undefined) return [];
  const directions = directionsOf(address, system, access);
  // Of a resource that comes or goes, rules alone reach a run: its content is that of the run's own revision.
  if (change.action !== 'update') return [{ path: '', reaches: directions.length === 0 ? ['pinned'] : directions }];
  return change.fields
    .filter(({ path }) => !forPeople.test(path))
    .map((field) => ({ path: field.path, reaches: reachesOfField(change.kind, field, directions) }));
}

function reachesOfField(
  kind: Kind,
  field: FieldChange,
  directions: readonly Notice['reaches'][],
): readonly Notice['reaches'][] {
  const [propagation] = propagationOf(kind, [field]);
  if (propagation === 'live') return ['atOnce'];
  if (propagation !== 'stricterOfBoth') return ['pinned'];
  return directions.length === 0 ? ['nextCall'] : directions;
}

/** Which way the change moves what the system's subjects may do. */
function directionsOf(address: Address, system: string, access: AccessChanges): readonly Notice['reaches'][] {
  const moved = [...access.cells, ...access.limits, ...(access.restrictions ?? []), ...access.coverage].filter(
    (one) => one.system === system && one.causes.some((cause) => cause.address === address),
  );
  const judged = access.judged.filter(
    (one) => one.address === address && one.covers.some((covered) => covered.system === system),
  );
  const directions = new Set([...moved, ...judged].map(({ direction }) => direction));
  return [
    ...(directions.has('narrowed') ? (['nextCall'] as const) : []),
    ...(directions.has('widened') ? (['newRuns'] as const) : []),
  ];
}
