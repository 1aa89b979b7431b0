import type { SubjectAuthority } from './authority.ts';
import type { Facts, Labels } from './facts.ts';
import type { Subject } from './reach.ts';

/** What the conditions and flow rules of a subject look at; nothing where it has none, or where they do not look. */
export function factsFor(
  { agent, labels }: Subject,
  { conditions = [], flow }: Pick<SubjectAuthority, 'conditions' | 'flow'>,
  tools: () => NonNullable<Facts['tools']>,
): Pick<SubjectAuthority, 'facts'> {
  const reads = (name: string): boolean => conditions.some(({ expr }) => expr.includes(name));
  const [own, system] = labels;
  const facts: Facts = {
    ...(agent !== undefined && reads('agent') ? labelled('agent', own) : {}),
    // The way to every caller begins with the system that the run is of.
    ...(reads('system') ? labelled('system', system) : {}),
    ...(flow !== undefined || reads('tool') ? { tools: tools() } : {}),
  };
  return Object.keys(facts).length === 0 ? {} : { facts };
}

function labelled(name: 'agent' | 'system', labels: Labels = {}): Pick<Facts, 'agent' | 'system'> {
  return Object.keys(labels).length === 0 ? {} : { [name]: labels };
}
