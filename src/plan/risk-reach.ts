import type { Address } from '../manifest/resource.ts';
import { shown } from './risk-access.ts';
import { causeAt, type FoundRisk } from './risk-found.ts';
import type { ReachChange, Sections } from './section.ts';
import type { Sides } from './sides.ts';

/** R5, a new destination, and R7, a secret that is newly reachable; one risk each. */
export function reachRisks(
  { egress, secrets, more }: Pick<Sections, 'egress' | 'secrets' | 'more'>,
  sides: Sides,
): readonly FoundRisk[] {
  const hosts = egress.filter(({ fate }) => fate === 'added');
  const keys = secrets.filter(({ fate }) => fate === 'added');
  return [
    ...hosts.map((host) => reachRisk('R5', host, { sides, more: more?.egress })),
    ...keys.map((key) => reachRisk('R7', key, { sides, more: more?.secrets })),
  ];
}

interface Reaching {
  readonly sides: Sides;
  /** So many more destinations or keys are left out of the section. */
  readonly more: number | undefined;
}

function reachRisk(kind: 'R5' | 'R7', reach: ReachChange, { sides, more }: Reaching): FoundRisk {
  const { name, through, subjects, systems } = reach;
  const secret = kind === 'R7' ? addressOf(name) : undefined;
  const who = subjects.length === 0 ? 'something that no agent calls' : shown(subjects);
  const rest = reach.moreSubjects === undefined ? '' : ` and ${reach.moreSubjects} more`;
  return {
    class: kind,
    subject: secret,
    title:
      kind === 'R5' ? `Calls newly reach ${name}: ${who}${rest}.` : `${name} is newly read by calls of ${who}${rest}.`,
    items: [
      ...subjects.map((subject) => ({ detail: subject, key: [name, 'subject', subject] })),
      ...through.map((address) => ({ detail: `through ${address}`, key: [name, 'through', address] })),
      {
        detail: `in ${systems.length === 0 ? 'no system' : shown(systems)}`,
        key: [name, reach.moreSubjects, reach.moreThrough, reach.moreSystems, more, ...systems],
      },
    ],
    causes: through.filter((address) => sides.changes.has(address)).map((address) => causeAt(sides, address)),
    owned: secret === undefined ? [] : [secret],
  };
}

/** `Secret/ns/name#key` without the key. */
function addressOf(name: string): Address {
  return name.split('#', 1)[0] ?? name;
}
