import { compareText } from '../manifest/problem.ts';
import type { Address, Resource } from '../manifest/resource.ts';
import { type Members, membersOf } from '../manifest/workforce.ts';
import type { WorkforceImpact } from './beside.ts';
import { capped } from './capped.ts';
import type { Sides } from './sides.ts';

/** Workforces that are another after the changes, or whose members are: who joins, who leaves, who changes in them. */
export function workforcesOf(sides: Sides): readonly WorkforceImpact[] {
  const changed = new Set(sides.changed);
  const addresses = new Set([...workforcesIn(sides.before), ...workforcesIn(sides.after)]);
  return [...addresses]
    .sort(compareText)
    .map((address) => impactOn(address, sides, changed))
    .filter(
      ({ address, joins, leaves, changes }) =>
        changed.has(address) || joins.length + leaves.length + changes.length > 0,
    );
}

function workforcesIn(side: ReadonlyMap<Address, Resource>): readonly Address[] {
  return [...side.values()].filter(({ kind }) => kind === 'Workforce').map(({ address }) => address);
}

function impactOn(address: Address, { before, after }: Sides, changed: ReadonlySet<Address>): WorkforceImpact {
  const [was, is] = [before, after].map((side) => namesIn(side, address));
  const joins = capped(missingFrom(was, is), listMax);
  const leaves = capped(missingFrom(is, was), listMax);
  const stay = [...(is ?? [])].filter((name) => was?.has(name) === true && changed.has(name));
  const changes = capped(stay.sort(compareText), listMax);
  return {
    address,
    fate: was === undefined ? 'added' : is === undefined ? 'removed' : 'kept',
    joins: joins.shown,
    ...(joins.more > 0 ? { moreJoins: joins.more } : {}),
    leaves: leaves.shown,
    ...(leaves.more > 0 ? { moreLeaves: leaves.more } : {}),
    changes: changes.shown,
    ...(changes.more > 0 ? { moreChanges: changes.more } : {}),
  };
}

const listMax = 50;

function namesIn(side: ReadonlyMap<Address, Resource>, address: Address): ReadonlySet<string> | undefined {
  const workforce = side.get(address);
  if (workforce === undefined) return undefined;
  const { agents, tools, elsewhere }: Members = membersOf(workforce, (agent) => side.get(agent));
  return new Set([...agents, ...tools, ...elsewhere]);
}

function missingFrom(from: ReadonlySet<string> | undefined, names: ReadonlySet<string> | undefined): readonly string[] {
  return [...(names ?? [])].filter((name) => from?.has(name) !== true).sort(compareText);
}
