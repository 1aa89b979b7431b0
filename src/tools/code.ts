import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { BundleTool } from '../manifest/bundle.ts';
import type { JsonObject } from '../manifest/json.ts';
import type { ToolCallOptions } from './options.ts';
import type { ToolOutcome } from './tool.ts';
import { limitModule } from './wasm/limit-module.ts';
import { callThread } from './wasm/thread-call.ts';
import type { LimitedModule } from './wasm/thread-message.ts';

export type CodeTool = BundleTool & { readonly impl: Extract<BundleTool['impl'], { type: 'code' }> };

/** Calls a function in JavaScript: in an engine that is itself a WebAssembly module, with that one's limits. */
export async function callCode(tool: CodeTool, args: JsonObject, options: ToolCallOptions): Promise<ToolOutcome> {
  const { source, isolation } = tool.impl;
  const memory = isolation.memory ?? memoryBytesDefault;
  return await callThread(tool, options, {
    module: await engine(memory),
    call: {
      kind: 'source',
      source,
      input: new TextEncoder().encode(JSON.stringify(args)),
      memory,
      outputBytesMax: tool.maxResultBytes,
    },
  });
}

/** As for a module that says nothing of it. */
const memoryBytesDefault = 64 * 1024 * 1024;

let binary: Promise<Uint8Array> | undefined;
let limited: { readonly memory: number; readonly module: LimitedModule } | undefined;

/**
 * The engine with its memory limited. QuickJS has a limit of its own, which code can get round by what the engine does
 * not count: this one is WebAssembly's.
 */
async function engine(memory: number): Promise<LimitedModule> {
  binary ??= readFile(createRequire(import.meta.url).resolve('quickjs-wasi/quickjs.wasm'));
  const bytes = await binary;
  // Nearly all tools have the same limit.
  if (limited?.memory !== memory)
    limited = { memory, module: { key: `quickjs:${memory}`, bytes: limitModule(bytes, { memory }) } };
  return limited.module;
}
