import type { Json } from './json.ts';
import type { Report } from './meaning-report.ts';

/** The isolation tiers of what runs on a worker, the weakest first. What runs elsewhere has none. */
const tiers: Readonly<Record<string, readonly string[]>> = {
  wasm: ['wasm'],
  code: ['wasm'],
  cli: ['process', 'sandbox', 'container'],
  mcp: ['process', 'sandbox', 'container'],
  container: ['container'],
};

/** Whether a type of tool runs on the worker, so that it can be isolated there. */
export function hasTiers(type: string): boolean {
  return Object.hasOwn(tiers, type);
}

export function checkTier(tier: Json | undefined, type: string, report: Report): void {
  const allowed = tiers[type] ?? [];
  if (typeof tier !== 'string' || allowed.includes(tier)) return;
  report([], {
    code: 'manifest.value',
    message: `\`${tier}\` is no isolation of ${type === 'cli' ? 'a program' : `the type ${type}`}.`,
    help: `One of: ${allowed.join(', ')}.`,
  });
}

/** What workers are asked to offer: a process of its own is kept from nothing that a tool can declare, so none offers it. */
export function checkOffered(tiers: readonly Json[], report: Report): void {
  const index = tiers.indexOf('process');
  if (index < 0) return;
  report([index], {
    code: 'manifest.value',
    message: 'No worker offers the tier `process`: a process of its own is kept from nothing that a tool can declare.',
    help: 'Write `sandbox`, which programs run in, or remove it.',
  });
}
