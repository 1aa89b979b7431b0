import { grouped } from '../manifest/grouped.ts';
import type { Address } from '../manifest/resource.ts';
import { addressAt } from '../policy/typed.ts';
import type { AccessChanges, Cause, CellChange } from './access.ts';
import { shown } from './risk-access.ts';
import { causeAt, type FoundRisk } from './risk-found.ts';
import type { Reach, ReachChanges } from './section-reach.ts';
import type { Sides } from './sides.ts';
import { usedBy } from './uses.ts';

interface ReachInput {
  readonly sides: Sides;
  readonly access: Pick<AccessChanges, 'cells'>;
}

/** R5, a new destination, and R7, a secret that is newly reachable; one risk each. */
export function reachRisks({ egress, secrets }: ReachChanges, { sides, access }: ReachInput): readonly FoundRisk[] {
  const widened = access.cells.filter(({ direction }) => direction === 'widened');
  const input = { sides, opened: grouped(widened, ({ subject }) => subject) };
  const hosts = egress.filter(({ fate }) => fate === 'added');
  const keys = secrets.filter(({ fate }) => fate === 'added');
  return [...hosts.map((host) => reachRisk('R5', host, input)), ...keys.map((key) => reachRisk('R7', key, input))];
}

interface CauseInput {
  readonly sides: Sides;
  /** Cells that widen, by their subject. */
  readonly opened: ReadonlyMap<Address, readonly CellChange[]>;
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
 * What leads there and changes; else what lets a subject call what leads there; else whichever of the subjects and
 * systems changes, since one of them came to name it.
 */
function causesOf({ through, subjects, systems }: Reach, { sides, opened }: CauseInput): readonly Cause[] {
  const own = changesAmong(through, sides);
  if (own.length > 0) return own;
  const leads = new Set(through);
  const granted = subjects
    .flatMap((subject) => opened.get(subject) ?? [])
    .flatMap((cell) => (leadsBy(cell, leads, sides) ? cell.causes : []));
  return granted.length > 0 ? granted : changesAmong([...subjects, ...systems], sides);
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
