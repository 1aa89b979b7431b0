import { ModuleFault, WasmReader } from './wasm-reader.ts';

/** What a WebAssembly module says of itself: enough to know whether it can be called, without compiling it. */
export interface WasmModule {
  readonly imports: readonly { readonly module: string; readonly name: string; readonly kind: WasmKind }[];
  readonly exports: ReadonlyMap<string, { readonly kind: WasmKind; readonly index: number }>;
  /** Of each function, the imported ones first: the index of its type. */
  readonly functions: readonly number[];
  readonly types: readonly WasmType[];
  /** Pages of 64 KiB. */
  readonly memory: { readonly min: number; readonly max: number | undefined } | undefined;
  readonly tables: readonly { readonly min: number; readonly max: number | undefined }[];
  readonly globals: number;
  readonly sections: readonly WasmSection[];
}

export type WasmKind = 'function' | 'table' | 'memory' | 'global' | 'tag';

/** Of parameters and results, as the bytes of their types. */
export interface WasmType {
  readonly parameters: readonly number[];
  readonly results: readonly number[];
}

export interface WasmSection {
  readonly id: number;
  /** Where its content lies. */
  readonly start: number;
  readonly end: number;
}

export const wasmPageBytes = 65_536;
export const sectionIds = { import: 2, table: 4, memory: 5, global: 6, export: 7, code: 10, tag: 13 } as const;

/** Reads a module's outline; throws a `ModuleFault` where it is none, or needs what no worker gives. */
export function readWasmModule(bytes: Uint8Array): WasmModule {
  const reader = new WasmReader(bytes);
  for (const byte of [0x00, 0x61, 0x73, 0x6d]) {
    if (bytes.length < 8 || reader.byte() !== byte) throw new ModuleFault('The file is no WebAssembly module.');
  }
  const version = [reader.byte(), reader.byte(), reader.byte(), reader.byte()].join('.');
  if (version === '13.0.1.0') throw new ModuleFault('The file is a component; a module (core WebAssembly) is needed.');
  if (version !== '1.0.0.0') throw new ModuleFault('The file is of a version of WebAssembly that is not known.');
  const outline = new Outline();
  while (!reader.isAtEnd) {
    const id = reader.byte();
    const content = reader.part(reader.u32());
    outline.sections.push({ id, start: content.at, end: content.end });
    outline.read(id, content);
  }
  return outline;
}

const kindNames: readonly WasmKind[] = ['function', 'table', 'memory', 'global', 'tag'];

/** More than any compiler makes of a file of the size that is read. */
const countMax = 1_000_000;

class Outline implements WasmModule {
  readonly imports: { module: string; name: string; kind: WasmKind }[] = [];
  readonly exports = new Map<string, { kind: WasmKind; index: number }>();
  readonly functions: number[] = [];
  readonly types: WasmType[] = [];
  memory: WasmModule['memory'];
  readonly tables: { min: number; max: number | undefined }[] = [];
  globals = 0;
  readonly sections: WasmSection[] = [];

  read(id: number, content: WasmReader): void {
    switch (id) {
      case 1:
        return each(content, () => this.types.push(typeOf(content)));
      case sectionIds.import:
        return each(content, () => this.#import(content));
      case 3:
        return each(content, () => this.functions.push(content.u32()));
      case sectionIds.table:
        return each(content, () => this.tables.push(tableOf(content)));
      case sectionIds.memory:
        return each(content, () => this.#memory(content));
      case sectionIds.global:
        this.globals = content.u32();
        return;
      case sectionIds.export:
        return each(content, () => this.#export(content));
    }
  }

  #import(content: WasmReader): void {
    const [module, name] = [content.name(), content.name()];
    const kind = kindOf(content.byte());
    this.imports.push({ module, name, kind });
    if (kind !== 'function') throw new ModuleFault(`The module imports the ${kind} \`${module}.${name}\`.`);
    this.functions.push(content.u32());
  }

  #memory(content: WasmReader): void {
    if (this.memory !== undefined) throw new ModuleFault('The module has several memories; one can be limited.');
    this.memory = limitsOf(content);
  }

  #export(content: WasmReader): void {
    const name = content.name();
    this.exports.set(name, { kind: kindOf(content.byte()), index: content.u32() });
  }
}

function each(content: WasmReader, read: () => unknown): void {
  const count = content.u32();
  if (count > countMax) throw new ModuleFault('The module declares more than can be read.');
  for (let index = 0; index < count; index += 1) read();
}

function kindOf(byte: number): WasmKind {
  const kind = kindNames[byte];
  if (kind === undefined) throw new ModuleFault('The module imports or exports something that is not known.');
  return kind;
}

function typeOf(content: WasmReader): WasmType {
  if (content.byte() !== 0x60) throw new ModuleFault('The module has types other than functions (the GC proposal).');
  return { parameters: valueTypes(content), results: valueTypes(content) };
}

function valueTypes(content: WasmReader): number[] {
  const types: number[] = [];
  each(content, () => types.push(skipValueType(content)));
  return types;
}

/** Gives the first byte, which says all of a type of numbers. */
export function skipValueType(content: WasmReader): number {
  const byte = content.byte();
  // A reference to a type of its own.
  if (byte === 0x63 || byte === 0x64) content.skipNumber();
  return byte;
}

function tableOf(content: WasmReader): { min: number; max: number | undefined } {
  const type = content.byte();
  if (type !== 0x70 && type !== 0x6f) throw new ModuleFault('The module has a table of a kind that is not known.');
  return limitsOf(content);
}

export function limitsOf(content: WasmReader): { min: number; max: number | undefined } {
  const flags = content.byte();
  if (flags > 1) throw new ModuleFault('The module shares its memory, or addresses it with 64 bits.');
  return { min: content.u32(), max: flags === 1 ? content.u32() : undefined };
}
