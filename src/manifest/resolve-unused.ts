import { isSound, type Report, type Sound } from './estate.ts';
import { objectAt } from './manifest-reference.ts';
import type { Kind } from './resource.ts';
import type { Validated } from './validate.ts';

/** Warns of resources that do nothing by themselves and that nothing refers to. */
export function reportUnused(unused: Iterable<Validated>, report: Report): void {
  for (const manifest of unused) {
    report(manifest, ['metadata', 'name'], {
      code: 'manifest.unused',
      severity: 'warning',
      message: `Nothing refers to ${manifest.address ?? ''}.`,
      help: 'Use it, or remove it.',
    });
  }
}

/** Whether a manifest is of use only to what refers to it. */
export function wantsUse(manifest: Validated | undefined): boolean {
  return manifest !== undefined && isSound(manifest) && usable.has(manifest.identity.kind) && !actsAlone(manifest);
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
