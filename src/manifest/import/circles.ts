import { referencesOf } from '../manifest-reference.ts';
import { findCycles, heightsOf, type Links } from '../nesting.ts';
import type { Address } from '../resource.ts';
import type { Settling } from './settling.ts';
import { nodesOf, type Places } from './settle-places.ts';

const shownMax = 8;

/** Refuses agents that call each other in a circle, and systems that hold each other so; whether there were any. */
export function refuseCircles(resources: Settling, places: Places): boolean {
  const cycles = (['Agent', 'AgentSystem'] as const).flatMap((kind) =>
    findCycles(heightsOf(linksOf(resources, kind)).rest),
  );
  for (const cycle of cycles) {
    const way = wayAround(cycle);
    for (const [index, address] of cycle.entries()) {
      const resource = resources.get(address);
      if (resource === undefined) continue;
      const message = `${resource.kind === 'Agent' ? 'Agents call' : 'Systems hold'} each other in a circle: ${way}.`;
      const help = 'Take one of the calls away, or make a graph with a bounded loop of it.';
      const next = cycle[(index + 1) % cycle.length] ?? address;
      for (const node of nodesOf(resource, next, places)) node.refuse({ code: 'import.circle', message, help });
    }
  }
  return cycles.length > 0;
}

function linksOf(resources: Settling, kind: 'Agent' | 'AgentSystem'): Links {
  const links = new Map<Address, readonly Address[]>();
  for (const [address, resource] of resources) {
    if (resource.kind !== kind) continue;
    const targets = referencesOf(resource, { spec: resource.spec }).filter(
      (one) => one.kind === kind && !one.restricts,
    );
    if (targets.length > 0)
      links.set(
        address,
        targets.map((one) => one.address),
      );
  }
  return links;
}

/** `a → b → a`; of a long one its beginning. */
function wayAround(cycle: readonly Address[]): string {
  const names = [...cycle, cycle[0] ?? ''].map((address) => `\`${address.slice(address.lastIndexOf('/') + 1)}\``);
  const shown = names.length > shownMax + 1 ? [...names.slice(0, shownMax), '…', names.at(-1) ?? ''] : names;
  return shown.join(' → ');
}
