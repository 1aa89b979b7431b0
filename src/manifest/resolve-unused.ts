import type { Estate, Report, Sound } from './estate.ts';
import { objectAt } from './manifest-reference.ts';
import type { Address, Kind } from './resource.ts';

/** Warns of resources that do nothing by themselves and that nothing refers to. */
export function reportUnused(estate: Estate, used: ReadonlySet<Address>, report: Report): void {
  for (const manifest of estate.sound) {
    const { address, identity } = manifest;
    if (!usable.has(identity.kind) || used.has(address) || actsAlone(manifest)) continue;
    report(manifest, ['metadata', 'name'], {
      code: 'manifest.unused',
      severity: 'warning',
      message: `Nothing refers to ${address}.`,
      help: 'Use it, or remove it.',
    });
  }
}

/** Kinds that do nothing by themselves. */
const usable: ReadonlySet<Kind> = new Set([
  'Secret',
  'Guard',
  'Gateway',
  'ModelEndpoint',
  'Memory',
  'PromptLibrary',
  'McpServer',
  'Tool',
  'AgentRole',
  'Agent',
  'Task',
]);

/** An agent that is served to the outside, and the gateway that serves agents, are entries themselves. */
function actsAlone({ identity, content }: Sound): boolean {
  const spec = objectAt(content.manifest, 'spec');
  if (identity.kind === 'Agent') return spec['expose'] !== undefined;
  return identity.kind === 'Gateway' && spec['type'] === 'agent';
}
