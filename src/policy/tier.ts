import type { Bundle, BundleTool } from '../manifest/bundle.ts';
import type { BundleIsolation, Tier } from '../manifest/bundle-world.ts';
import { own } from '../manifest/json.ts';

/** The weakest first. */
export const tierOrder: readonly Tier[] = ['inline', 'process', 'sandbox', 'container', 'wasm'];

/** Something that runs on a worker: the tiers that it can run in, the strongest first, and what it is kept from. */
export interface Local {
  readonly tiers: readonly Tier[];
  readonly isolation: BundleIsolation;
}

/**
 * What runs on the worker when a tool is called; undefined: it runs elsewhere, or is pawl's own. A program that lies on
 * the worker runs in no container, which would hold another machine's files.
 */
export function localOf({ impl }: Pick<BundleTool, 'impl'>, servers: Bundle['servers']): Local | undefined {
  switch (impl.type) {
    case 'cli':
      return { tiers: programTiers, isolation: impl.isolation };
    case 'container':
      return { tiers: ['container'], isolation: impl.isolation };
    case 'code':
    case 'wasm':
      return { tiers: ['wasm'], isolation: impl.isolation };
    case 'mcp': {
      const server = own(servers ?? {}, impl.server);
      if (server === undefined || server.transport === 'http') return undefined;
      const tiers: readonly Tier[] = server.transport === 'stdio' ? programTiers : ['container'];
      return { tiers, isolation: server.isolation };
    }
    default:
      return undefined;
  }
}

const programTiers: readonly Tier[] = ['sandbox', 'process'];

/** The strongest tier on offer that something can run in; undefined: none keeps it from what it must be kept from. */
export function tierOf({ tiers, isolation }: Local, offered: readonly Tier[]): Tier | undefined {
  const tier = tiers.find((one) => offered.includes(one) && holds(one, isolation));
  return tier === undefined || isBelow(tier, isolation.min) ? undefined : tier;
}

export function isBelow(tier: Tier, floor: Tier): boolean {
  return tierOrder.indexOf(tier) < tierOrder.indexOf(floor);
}

/** The strongest tier that a Tool of a type can run in; undefined: it runs elsewhere, or is pawl's own. */
export function strongestTier(type: string): Tier | undefined {
  switch (type) {
    case 'cli':
      return 'sandbox';
    case 'container':
      return 'container';
    case 'code':
    case 'wasm':
      return 'wasm';
    default:
      return undefined;
  }
}

/**
 * Whether a tier keeps from what is declared. A process of its own sees the files and the network of its user, so that
 * it holds no declaration that there is.
 */
function holds(tier: Tier, _isolation: BundleIsolation): boolean {
  return tier !== 'process';
}

/** Whether runs of a system start anything on their worker. */
export function startsPrograms({ tools, servers }: Pick<Bundle, 'tools' | 'servers'>): boolean {
  return Object.values(tools).some((tool) => localOf(tool, servers) !== undefined);
}
