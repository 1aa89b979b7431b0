import type { Address } from '../manifest/resource.ts';
import { shown } from './risk-access.ts';
import { causeAt, type FoundRisk } from './risk-found.ts';
import type { Reach, ReachChanges } from './section-reach.ts';
import type { Sides } from './sides.ts';

/** R5, a new destination, and R7, a secret that is newly reachable; one risk each. */
export function reachRisks({ egress, secrets }: ReachChanges, sides: Sides): readonly FoundRisk[] {
  const hosts = egress.filter(({ fate }) => fate === 'added');
  const keys = secrets.filter(({ fate }) => fate === 'added');
  return [...hosts.map((host) => reachRisk('R5', host, sides)), ...keys.map((key) => reachRisk('R7', key, sides))];
}

function reachRisk(kind: 'R5' | 'R7', { name, through, subjects, systems }: Reach, sides: Sides): FoundRisk {
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
    causes: through.filter((address) => sides.changes.has(address)).map((address) => causeAt(sides, address)),
    owned: secret === undefined ? [] : [secret],
  };
}

/** `Secret/ns/name#key` without the key. */
function addressOf(name: string): Address {
  return name.split('#', 1)[0] ?? name;
}
