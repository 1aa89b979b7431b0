import { tableEntriesMax } from '../../manifest/wasm-check.ts';
import { readInstruction, skipLocals } from '../../manifest/wasm-instruction.ts';
import { limitsOf, readWasmModule, sectionIds, type WasmModule, wasmPageBytes } from '../../manifest/wasm-module.ts';
import { WasmReader } from '../../manifest/wasm-reader.ts';
import { ByteWriter } from './byte-writer.ts';

export interface ModuleLimits {
  /** Bytes of memory. */
  readonly memory: number;
  /** Instructions; absent: they are not counted. */
  readonly fuel?: number;
}

/** The global that holds what is left of the fuel: below 0 when a call was stopped for it. */
export const fuelExport = 'pawl:fuel';

/**
 * Writes a module's limits into the module itself: the engine then refuses memory beyond them, and the module stops by
 * itself. Each straight piece of code takes its number of instructions off a counter when it is entered; where a
 * function or the turn of a loop begins, a counter below 0 traps. V8 has no limit of its own for either.
 */
export function limitModule(bytes: Uint8Array, limits: ModuleLimits): Uint8Array {
  const module = readWasmModule(bytes);
  const written: Uint8Array[] = [bytes.subarray(0, 8)];
  const isCounted = limits.fuel !== undefined;
  const missing = new Set(isCounted ? [sectionIds.global, sectionIds.export] : []);
  const add = (id: number, content: Uint8Array) => written.push(Uint8Array.of(id, ...leb(content.length)), content);
  const fill = (before: number): void => {
    for (const id of missing) if (order(id) < before) add(id, rewritten(id, { module, limits }));
    for (const id of missing) if (order(id) < before) missing.delete(id);
  };
  for (const section of module.sections) {
    // Names of functions, and hints on places in code that are others now.
    if (section.id === 0) continue;
    fill(order(section.id));
    missing.delete(section.id as never);
    const content = new WasmReader(bytes, section.start, section.end);
    add(section.id, rewritten(section.id, { module, limits, content }));
  }
  fill(Number.POSITIVE_INFINITY);
  return concatenated(written);
}

/** Tags stand between memories and globals. */
function order(id: number): number {
  return id === sectionIds.tag ? 5.5 : id;
}

interface Rewriting {
  readonly module: WasmModule;
  readonly limits: ModuleLimits;
  /** Absent: the module has no such section. */
  readonly content?: WasmReader;
}

function rewritten(id: number, rewriting: Rewriting): Uint8Array {
  const { limits, content } = rewriting;
  const isCounted = limits.fuel !== undefined;
  if (id === sectionIds.memory && content !== undefined)
    return limited(content, { kind: 'memory', most: Math.min(limits.memory / wasmPageBytes, pagesMax) });
  if (id === sectionIds.table && content !== undefined)
    return limited(content, { kind: 'table', most: tableEntriesMax });
  if (isCounted && id === sectionIds.global) return withGlobal(rewriting);
  if (isCounted && id === sectionIds.export) return withExport(rewriting);
  if (isCounted && id === sectionIds.code && content !== undefined) return counted(content, rewriting.module.globals);
  return content === undefined ? new Uint8Array() : content.bytes.subarray(content.at, content.end);
}

/** 4 GiB, all that 32 bits address: a module that declares more is invalid. */
const pagesMax = 65_536;

/** Memories, or tables with their type in front: none may grow beyond `most`. */
function limited(
  content: WasmReader,
  { kind, most }: { readonly kind: 'memory' | 'table'; readonly most: number },
): Uint8Array {
  const count = content.u32();
  const parts: Uint8Array[] = [Uint8Array.from(leb(count))];
  for (let index = 0; index < count; index += 1) {
    const type = kind === 'table' ? [content.byte()] : [];
    const { min, max = most } = limitsOf(content);
    parts.push(Uint8Array.of(...type, 1, ...leb(min), ...leb(Math.floor(Math.min(max, most)))));
  }
  return concatenated(parts);
}

/** One more `(global (mut i64) (i64.const fuel))`, the last, so that no index changes. */
function withGlobal({ module, limits: { fuel = 0 }, content }: Rewriting): Uint8Array {
  const start = content === undefined ? 0 : (content.u32(), content.at);
  const before = content?.bytes.subarray(start, content.end) ?? new Uint8Array();
  return concatenated([
    Uint8Array.from(leb(module.globals + 1)),
    before,
    Uint8Array.of(0x7e, 1, 0x42, ...signedLeb(BigInt(fuel)), 0x0b),
  ]);
}

function withExport({ module, content }: Rewriting): Uint8Array {
  const count = content?.u32() ?? 0;
  const before = content?.bytes.subarray(content.at, content.end) ?? new Uint8Array();
  const name = new TextEncoder().encode(fuelExport);
  return concatenated([
    Uint8Array.from(leb(count + 1)),
    before,
    Uint8Array.of(...leb(name.length), ...name, 3, ...leb(module.globals)),
  ]);
}

function counted(content: WasmReader, fuel: number): Uint8Array {
  const bodies = content.u32();
  const out = new ByteWriter(2 * (content.end - content.at) + 16);
  out.number(bodies);
  for (let index = 0; index < bodies; index += 1) {
    const body = countedBody(content.part(content.u32()), fuel);
    out.number(body.length);
    out.bytes(body);
  }
  return out.written();
}

/** The body of one function; `fuel` is the index of the counter. */
function countedBody(body: WasmReader, fuel: number): Uint8Array {
  const from = body.at;
  skipLocals(body);
  const out = new ByteWriter(2 * (body.end - from) + 64);
  out.bytes(body.bytes.subarray(from, body.at));
  let start = body.at;
  let count = 0;
  let isEntry = true;
  while (!body.isAtEnd) {
    const kind = readInstruction(body);
    count += 1;
    if (kind === 'plain' || kind === 'open') continue;
    charge(out, { fuel, count, isEntry });
    out.bytes(body.bytes.subarray(start, body.at));
    start = body.at;
    count = 0;
    isEntry = kind === 'loop';
  }
  // What a validator refuses in a moment: a body that does not end.
  out.bytes(body.bytes.subarray(start, body.at));
  return out.written();
}

function charge(out: ByteWriter, piece: { fuel: number; count: number; isEntry: boolean }): void {
  const { fuel, count, isEntry } = piece;
  out.byte(0x23);
  out.number(fuel);
  out.byte(0x42);
  for (const byte of signedLeb(BigInt(count))) out.byte(byte);
  out.byte(0x7d);
  out.byte(0x24);
  out.number(fuel);
  if (!isEntry) return;
  // if (fuel < 0) unreachable
  out.byte(0x23);
  out.number(fuel);
  for (const byte of stopBelowZero) out.byte(byte);
}

const stopBelowZero = [0x42, 0x00, 0x53, 0x04, 0x40, 0x00, 0x0b];

function leb(value: number): number[] {
  const bytes: number[] = [];
  let left = value;
  do {
    const low = left % 128;
    left = Math.floor(left / 128);
    bytes.push(left > 0 ? low | 0x80 : low);
  } while (left > 0);
  return bytes;
}

function signedLeb(value: bigint): number[] {
  const bytes: number[] = [];
  for (let left = value; ; left >>= 7n) {
    const low = Number(left & 0x7fn);
    if (left < 64n && left >= -64n) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
