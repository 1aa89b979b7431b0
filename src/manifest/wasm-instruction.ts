import { skipValueType } from './wasm-module.ts';
import { ModuleFault, type WasmReader } from './wasm-reader.ts';

/**
 * What an instruction means for counting. `boundary`: what stands behind it may be reached or left out without what
 * stands before it, so that it is counted by itself. `loop`: the same, and it is come back to. `open` and `close` nest.
 */
export type InstructionKind = 'plain' | 'boundary' | 'loop' | 'open' | 'openBoundary' | 'close';

/** Reads one instruction with what belongs to it. One that is not known is a fault: it could not be counted. */
export function readInstruction(reader: WasmReader): InstructionKind {
  const code = reader.byte();
  switch (code) {
    case 0x02:
      skipBlockType(reader);
      return 'open';
    case 0x03:
      skipBlockType(reader);
      return 'loop';
    case 0x04:
      skipBlockType(reader);
      return 'openBoundary';
    case 0x05:
      return 'boundary';
    case 0x0b:
      return 'close';
    case 0x0c:
    case 0x0d:
      reader.u32();
      return 'boundary';
    case 0x0e:
      for (let labels = reader.u32() + 1; labels > 0; labels -= 1) reader.u32();
      return 'boundary';
    case 0x00:
    case 0x0f:
      return 'boundary';
    case 0x12:
      reader.u32();
      return 'boundary';
    case 0x13:
      skipNumbers(reader, 2);
      return 'boundary';
    default:
      skipOperands(reader, code);
      return 'plain';
  }
}

/** Of a function's body: how many locals of which types it has. */
export function skipLocals(body: WasmReader): void {
  for (let groups = body.u32(); groups > 0; groups -= 1) {
    body.u32();
    skipValueType(body);
  }
}

function skipBlockType(reader: WasmReader): void {
  const byte = reader.bytes[reader.at];
  if (byte === 0x63 || byte === 0x64) skipValueType(reader);
  else reader.skipNumber();
}

function skipNumbers(reader: WasmReader, count: number): void {
  for (let left = count; left > 0; left -= 1) reader.u32();
}

function skipOperands(reader: WasmReader, code: number): void {
  if (code >= 0x28 && code <= 0x3e) return skipPlaceInMemory(reader);
  if (code >= 0x45 && code <= 0xc4) return;
  switch (code) {
    case 0x01:
    case 0x1a:
    case 0x1b:
    case 0xd1:
      return;
    // call, local.*, global.*, table.get, table.set, memory.size, memory.grow, ref.func
    case 0x10:
    case 0x20:
    case 0x21:
    case 0x22:
    case 0x23:
    case 0x24:
    case 0x25:
    case 0x26:
    case 0x3f:
    case 0x40:
    case 0xd2:
      return skipNumbers(reader, 1);
    case 0x11:
      return skipNumbers(reader, 2);
    case 0x1c:
      for (let types = reader.u32(); types > 0; types -= 1) skipValueType(reader);
      return;
    case 0x41:
    case 0x42:
    case 0xd0:
      return reader.skipNumber();
    case 0x43:
      return reader.skip(4);
    case 0x44:
      return reader.skip(8);
    case 0xfc:
      return skipBulk(reader);
    case 0xfd:
      return skipVector(reader);
    default:
      throw unknown(code);
  }
}

function skipPlaceInMemory(reader: WasmReader): void {
  // The seventh bit says that the index of a memory follows.
  if ((reader.u32() & 0x40) !== 0) reader.u32();
  reader.skipNumber();
}

/** Conversions that saturate, and what works on whole memories and tables. */
function skipBulk(reader: WasmReader): void {
  const code = reader.u32();
  const numbers = bulkNumbers[code];
  if (numbers === undefined) throw unknown(0xfc, code);
  skipNumbers(reader, numbers);
}

const bulkNumbers: readonly number[] = [0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2, 1, 2, 1, 2, 1, 1, 1];

/** 128-bit vectors. */
function skipVector(reader: WasmReader): void {
  const code = reader.u32();
  if (code > vectorLast) throw unknown(0xfd, code);
  if (code <= 11 || code === 92 || code === 93) return skipPlaceInMemory(reader);
  if (code === 12 || code === 13) return reader.skip(16);
  if (code >= 21 && code <= 34) return reader.skip(1);
  if (code < 84 || code > 91) return;
  skipPlaceInMemory(reader);
  reader.skip(1);
}

/** The last of relaxed SIMD. */
const vectorLast = 0x113;

function unknown(...codes: readonly number[]): ModuleFault {
  const shown = codes.map((code) => code.toString(16).padStart(2, '0')).join(' ');
  return new ModuleFault(`The module uses the instruction 0x${shown}, which cannot be counted.`);
}
