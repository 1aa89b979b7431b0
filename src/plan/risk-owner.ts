import { isJsonObject, own } from '../manifest/json.ts';
import { layerOf } from '../manifest/overlay.ts';
import { compareText } from '../manifest/problem.ts';
import type { Address, Resource } from '../manifest/resource.ts';
import type { Approvers, Rules } from '../manifest/rules.ts';
import { firstDefined } from './approvers.ts';
import type { RiskClass } from './risk.ts';

/** Who is asked of a class where `approvals` say nothing: a group, or the owners of what changes. */
const asked: Readonly<Record<Exclude<RiskClass, 'bootstrap'>, 'security' | 'platform' | 'owner'>> = {
  R1: 'security',
  R2: 'security',
  R3: 'security',
  R4: 'owner',
  R5: 'security',
  R6: 'platform',
  R7: 'owner',
  R8: 'owner',
  R9: 'owner',
  R10: 'owner',
  R11: 'security',
  R12: 'platform',
  R13: 'security',
};

interface Asking {
  readonly class: Exclude<RiskClass, 'bootstrap'>;
  readonly name: string;
  readonly owned: readonly Address[];
}

/** Who may acknowledge a risk, by the rules and the manifests of the base side: what is judged names nobody. */
export function approversOf(
  { class: kind, name, owned }: Asking,
  before: ReadonlyMap<Address, Resource>,
  rules: Rules,
): Approvers {
  const approvers = own(rules.approvals, name);
  if (approvers !== undefined) return approvers;
  const who = asked[kind];
  if (who !== 'owner') return firstDefined([who], rules);
  return ownersOf(owned, before, rules) ?? firstDefined(['security'], rules);
}

/**
 * The owners that all of the resources have. What is new has none yet, and where owners differ no one of them speaks
 * for the others: both are left to security.
 */
function ownersOf(
  addresses: readonly Address[],
  before: ReadonlyMap<Address, Resource>,
  rules: Rules,
): Approvers | undefined {
  const owners = addresses.map((address) => groupsOf(before.get(address), rules).join(' '));
  const [first, ...others] = new Set(owners);
  if (first === undefined || first === '' || others.length > 0) return undefined;
  return { groups: first.split(' '), users: [], min: 1 };
}

/** `spec.owner` where it is a group, else those whom `ownership` names for the file. */
function groupsOf(resource: Resource | undefined, rules: Rules): readonly string[] {
  if (resource === undefined) return [];
  const { spec } = resource.manifest;
  const owner = isJsonObject(spec) ? spec['owner'] : undefined;
  if (typeof owner === 'string' && own(rules.groups, owner) !== undefined) return [owner];
  const paths = rules.ownership.map(({ path }) => path);
  const entry = rules.ownership[layerOf(resource.place.file, paths)];
  return (entry?.owners ?? []).filter((name) => own(rules.groups, name) !== undefined).sort(compareText);
}
