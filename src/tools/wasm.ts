import { createHash } from 'node:crypto';
import type { BundleTool } from '../manifest/bundle.ts';
import type { JsonObject } from '../manifest/json.ts';
import { checkWasm, type WasmConvention } from '../manifest/wasm-check.ts';
import type { ToolCallOptions } from './options.ts';
import type { ToolOutcome } from './tool.ts';
import { fuelExport, limitModule } from './wasm/limit-module.ts';
import { callThread, failure } from './wasm/thread-call.ts';
import type { LimitedModule } from './wasm/thread-message.ts';

export type WasmTool = BundleTool & { readonly impl: Extract<BundleTool['impl'], { type: 'wasm' }> };

/** Calls a WebAssembly module: in a thread, in an instance of its own, which ends with the call. */
export async function callWasm(tool: WasmTool, args: JsonObject, options: ToolCallOptions): Promise<ToolOutcome> {
  const { impl } = tool;
  const ready = readyOf(impl);
  if (typeof ready === 'string') return failure('tool.failed', ready);
  return await callThread(tool, options, {
    module: ready.module,
    call: {
      kind: 'module',
      convention: ready.convention,
      export: impl.export,
      input: new TextEncoder().encode(JSON.stringify(args)),
      outputBytesMax: tool.maxResultBytes,
      fuelExport,
    },
  });
}

interface Ready {
  readonly module: LimitedModule;
  readonly convention: WasmConvention;
}

// Of a bundle, which workers keep for as long as runs have it: a module is limited once, not for each call.
const known = new WeakMap<WasmTool['impl'], Ready | string>();

function readyOf(impl: WasmTool['impl']): Ready | string {
  let ready = known.get(impl);
  if (ready === undefined) known.set(impl, (ready = limited(impl)));
  return ready;
}

/** The plan looked at it too; a worker does not take a bundle's word for what keeps it safe. */
function limited(impl: WasmTool['impl']): Ready | string {
  const bytes = new Uint8Array(Buffer.from(impl.module, 'base64'));
  const memory = Math.min(impl.memory, impl.isolation.memory ?? impl.memory);
  const checked = checkWasm(bytes, { export: impl.export, memory });
  if (checked.kind === 'refused') return checked.finding.message;
  const { fuel } = impl;
  const written = limitModule(bytes, { memory, fuel });
  const key = createHash('sha256').update(written).digest('hex');
  return { module: { key, bytes: written }, convention: checked.convention };
}
