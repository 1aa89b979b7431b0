import { listAt, objectAt } from '../manifest/manifest-reference.ts';
import { compareText } from '../manifest/problem.ts';
import { qualify } from '../manifest/reference.ts';
import type { Kind, Resource } from '../manifest/resource.ts';
import { addressAt } from '../policy/typed.ts';
import type { EvalImpact } from './beside.ts';
import type { Sides } from './sides.ts';
import { usersOf } from './uses.ts';

/** Evals that try one of these systems, and those that change. The plan runs none of them: it is pure. */
export function evalsOf(sides: Sides, systems: ReadonlySet<string>): readonly EvalImpact[] {
  const targets = new Set(Array.from(systems, (path) => addressAt('AgentSystem', path)));
  const found = new Map(usersOf(sides.after, targets, kinds).map((one) => [one.address, one] as const));
  for (const address of sides.changed) {
    const changed = sides.after.get(address) ?? sides.before.get(address);
    if (changed?.kind === 'Eval') found.set(address, changed);
  }
  return [...found.values()].sort((a, b) => compareText(a.address, b.address)).map((one) => evalImpact(one, sides));
}

const kinds: ReadonlySet<Kind> = new Set(['Eval']);

function evalImpact({ address, manifest, namespace }: Resource, { before, after }: Sides): EvalImpact {
  const spec = objectAt(manifest, 'spec');
  const { systemRef } = spec;
  return {
    address,
    system: typeof systemRef === 'string' ? addressAt('AgentSystem', qualify(systemRef, namespace)) : undefined,
    cases: listAt(spec, 'cases').length,
    fate: after.has(address) ? (before.has(address) ? 'kept' : 'added') : 'removed',
  };
}
