import { grouped } from '../manifest/grouped.ts';
import type { Address } from '../manifest/resource.ts';
import { addressAt } from '../policy/typed.ts';
import type { AccessChanges, Cause, CellChange } from './access.ts';
import { shown } from './risk-access.ts';
import { causeAt, type FoundRisk } from './risk-found.ts';
import { leadsIn } from './reach-side.ts';
import type { Reach, ReachChanges } from './section-reach.ts';
import type { Sides } from './sides.ts';
import { usedBy } from './uses.ts';

interface ReachInput {
  readonly sides: Sides;
  readonly access: Pick<AccessChanges, 'cells'>;
}

/** R5, a new destination, and R7, a secret that is newly reachable; one risk each. */
export function reachRisks({ egress, secrets }: ReachChanges, { sides, access }: ReachInput): readonly FoundRisk[] {
  const hosts = egress.filter(({ fate }) => fate === 'added');
  const keys = secrets.filter(({ fate }) => fate === 'added');
  if (hosts.length === 0 && keys.length === 0) return [];
  const widened = access.cells.filter(({ direction }) => direction === 'widened');
  const input = { sides, opened: grouped(widened, ({ subject }) => subject), leading: newlyLeading(sides) };
  return [...hosts.map((host) => reachRisk('R5', host, input)), ...keys.map((key) => reachRisk('R7', key, input))];
}

interface CauseInput {
  readonly sides: Sides;
  /** Cells that widen, by their subject. */
  readonly opened: ReadonlyMap<Address, readonly CellChange[]>;
  /** What changes and newly leads somewhere, by where. */
  readonly leading: ReadonlyMap<string, readonly Leading[]>;
}

function reachRisk(kind: 'R5' | 'R7', reach: Reach, input: CauseInput): FoundRisk {
  const { name, through, subjects, systems } = reach;
  const secret = kind === 'R7' ? addressOf(name) : undefined;
  const who = subjects.length === 0 ? 'something that no agent calls' : shown(subjects);
  return {
    class: kind,
    subject: secret,
    title: kind === 'R5' ? `Calls newly reach ${name}: ${who}.` : `${name} is newly read by calls of ${who}.`,
    items: [
      ...subjects.map((subject) => ({ detail: subject, key: [name, 'subject', subject] })),
      ...through.map((address) => ({ detail: `through ${address}`, key: [name, 'through', address] })),
      { detail: `in ${systems.length === 0 ? 'no system' : shown(systems)}`, key: [name, 'systems', ...systems] },
    ],
    causes: causesOf(reach, input),
    owned: secret === undefined ? [] : [secret],
  };
}

/**
 * What leads there and did not before; for those who come there by another way, what lets them call what leads there;
 * else whichever of the subjects, the systems and the way changes, since one of them came to name it.
 */
function causesOf(
  { name, through, subjects, systems }: Reach,
  { sides, opened, leading }: CauseInput,
): readonly Cause[] {
  const ways = new Set(through);
  const own: Address[] = [];
  const ended = new Set<Address>();
  for (const { address, ends } of leading.get(name) ?? []) {
    const met = ends.filter((end) => ways.has(end));
    if (met.length > 0) own.push(address);
    for (const end of met) ended.add(end);
  }
  const leads = new Set(through.filter((address) => !ended.has(address)));
  const granted = subjects
    .flatMap((subject) => opened.get(subject) ?? [])
    .flatMap((cell) => (leadsBy(cell, leads, sides) ? cell.causes : []));
  const found = [...own.map((address) => causeAt(sides, address, fieldsNaming(name, address, sides))), ...granted];
  return found.length > 0 ? found : changesAmong([...subjects, ...systems, ...through], sides);
}

interface Leading {
  readonly address: Address;
  /** What calls pass through last. */
  readonly ends: readonly Address[];
}

function newlyLeading(sides: Sides): ReadonlyMap<string, readonly Leading[]> {
  const found = new Map<string, Leading[]>();
  for (const address of sides.changed) {
    if (!sides.after.has(address)) continue;
    const was = leadsIn(sides.before, sides.changes.get(address)?.previousAddress ?? address);
    for (const [name, leads] of leadsIn(sides.after, address)) {
      if (was.has(name)) continue;
      const leading = { address, ends: leads.map(({ through }) => through) };
      const known = found.get(name);
      if (known === undefined) found.set(name, [leading]);
      else known.push(leading);
    }
  }
  return found;
}

/** The fields that name a host or a secret, where some do: a provider has a host that is written nowhere. */
function fieldsNaming(name: string, address: Address, { changes }: Sides): readonly string[] | undefined {
  const [, secret = name.replace(/^http:\/\/|^\*\./g, '')] = /^Secret\/[^/]*\/([^#]*)/.exec(name) ?? [];
  const all = changes.get(address)?.fields ?? [];
  const naming = all.filter(
    ({ path, after }) => path.includes(secret) || JSON.stringify(after ?? null).includes(secret),
  );
  return naming.length > 0 ? naming.map(({ path }) => path) : undefined;
}

function changesAmong(addresses: readonly Address[], sides: Sides): readonly Cause[] {
  return addresses.filter((address) => sides.changes.has(address)).map((address) => causeAt(sides, address));
}

/** Whether the target of a cell is one of those that lead there, or uses one: a tool its server, a server its gateway. */
function leadsBy({ target, name }: CellChange, leads: ReadonlySet<Address>, { after }: Sides): boolean {
  const seen = new Set([addressAt(target === 'tool' ? 'Tool' : 'ModelEndpoint', name)]);
  for (const address of seen) {
    if (leads.has(address)) return true;
    const resource = after.get(address);
    if (resource !== undefined) for (const used of usedBy(resource)) seen.add(used);
  }
  return false;
}

/** `Secret/ns/name#key` without the key. */
function addressOf(name: string): Address {
  return name.split('#', 1)[0] ?? name;
}
