import type { BundleTool } from '../manifest/bundle.ts';
import type { BundleIsolation } from '../manifest/bundle-world.ts';
import { objectAt } from '../manifest/manifest-reference.ts';
import type { Resource } from '../manifest/resource.ts';
import { durationMs } from './duration-ms.ts';
import { notRunnable } from './runnable.ts';
import type { SpecOf } from './typed.ts';

type Impl<T> = Extract<BundleTool['impl'], { readonly type: T }>;

/** What a call of a WebAssembly module runs. */
export function wasmOf(tool: Resource, { wasm, isolation }: SpecOf<'Tool'>): Impl<'wasm'> {
  // Read in when the snapshot was made: the schema knows only the path that stood in its place.
  const content = objectAt(objectAt(tool.manifest, 'spec'), 'wasm')['content'];
  if (wasm === undefined || typeof content !== 'string') throw notRunnable(tool, 'has no module');
  const { export: name, memory, fuel } = wasm;
  return { type: 'wasm', module: content, export: name, memory, fuel, isolation: instanceOf(isolation) };
}

/** What a call of a function in JavaScript runs. */
export function codeOf(tool: Resource, { code, isolation }: SpecOf<'Tool'>): Impl<'code'> {
  if (code?.source === undefined) throw notRunnable(tool, 'has no source');
  return { type: 'code', source: code.source, isolation: instanceOf(isolation) };
}

/** A WebAssembly instance has no other tier, no network and no files. */
function instanceOf(isolation: SpecOf<'Tool'>['isolation']): BundleIsolation {
  return {
    min: 'wasm',
    ...(isolation?.memory === undefined ? {} : { memory: isolation.memory }),
    ...(isolation?.cpuTime === undefined ? {} : { cpuTimeMs: durationMs(isolation.cpuTime) }),
    filesystem: 'none',
  };
}
