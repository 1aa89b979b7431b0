import type { BundleTool } from '../../src/manifest/bundle.ts';
import type { BundleIsolation } from '../../src/manifest/bundle-world.ts';
import type { Json } from '../../src/manifest/json.ts';
import { callTool } from '../../src/tools/call.ts';
import type { ToolCallOptions } from '../../src/tools/options.ts';
import type { ToolOutcome } from '../../src/tools/tool.ts';
import { optionsWith } from './fixture.ts';

const apart: BundleIsolation = { min: 'wasm', filesystem: 'none' };

export type Called = {
  readonly args?: Json;
  readonly tool?: Partial<BundleTool>;
  readonly isolation?: Partial<BundleIsolation>;
  readonly options?: Partial<ToolCallOptions>;
};

/** Calls a module as a run does. */
export function called(
  module: Uint8Array,
  {
    export: name = 'call',
    memory = 2 ** 20,
    fuel = 1_000_000,
    ...how
  }: Called & { export?: string; memory?: number; fuel?: number } = {},
): Promise<ToolOutcome> {
  const isolation = { ...apart, ...how.isolation };
  const text = Buffer.from(module).toString('base64');
  return callImpl({ type: 'wasm', module: text, export: name, memory, fuel, isolation }, how);
}

/** Calls a function in JavaScript as a run does. */
export function calledSource(source: string, how: Called = {}): Promise<ToolOutcome> {
  return callImpl({ type: 'code', source, isolation: { ...apart, ...how.isolation } }, how);
}

function callImpl(impl: BundleTool['impl'], { args = {}, tool = {}, options = {} }: Called): Promise<ToolOutcome> {
  const whole: BundleTool = {
    name: 'sum',
    description: 'Sums.',
    inputSchema: {},
    operations: ['read'],
    idempotent: false,
    timeoutMs: 10_000,
    maxResultBytes: 65_536,
    costPerCall: 0,
    ...tool,
    impl,
  };
  return callTool(whole, args, optionsWith(options));
}
