// A small assembler: WebAssembly modules for tests, written as the numbers that the specification gives.

export const op = {
  unreachable: 0x00,
  block: [0x02, 0x40],
  loop: [0x03, 0x40],
  if: [0x04, 0x40],
  end: 0x0b,
  br: (depth: number) => [0x0c, depth],
  brIf: (depth: number) => [0x0d, depth],
  return: 0x0f,
  call: (index: number) => [0x10, index],
  drop: 0x1a,
  get: (index: number) => [0x20, index],
  set: (index: number) => [0x21, index],
  load: [0x28, 0x02, 0x00],
  grow: [0x40, 0x00],
  i32: (value: number) => [0x41, ...signed(value)],
  i64: (value: number) => [0x42, ...signed(value)],
  eqz: 0x45,
  add: 0x6a,
  extend: 0xad,
  shl64: 0x86,
  or64: 0x84,
} as const;

export const [i32, i64] = [0x7f, 0x7e];

type Code = readonly (number | readonly number[])[];
type Type = readonly [parameters: readonly number[], results: readonly number[]];

export interface Assembly {
  readonly imports?: readonly { readonly module?: string; readonly name: string; readonly type: Type }[];
  readonly functions: readonly {
    readonly export?: string;
    readonly type: Type;
    /** Of 32 bits. */
    readonly locals?: number;
    readonly code: Code;
  }[];
  readonly memory?: { readonly min: number; readonly max?: number };
  /** Text at places in memory. */
  readonly data?: Readonly<Record<number, string>>;
  readonly table?: number;
  readonly start?: number;
}

const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** Functions are numbered with the imported ones first. */
export function assemble({ imports = [], functions, memory = { min: 1 }, data = {}, table, start }: Assembly) {
  const types = [...imports, ...functions].map(({ type }) => type);
  const exported = functions.flatMap((one, at) => (one.export === undefined ? [] : [{ name: one.export, at }]));
  return Uint8Array.from([
    ...header,
    ...section(
      1,
      types.map(([parameters, results]) => [0x60, ...list([...parameters]), ...list([...results])]),
    ),
    ...section(
      2,
      imports.map((one, at) => [...text(one.module ?? 'wasi_snapshot_preview1'), ...text(one.name), 0, ...leb(at)]),
    ),
    ...section(
      3,
      functions.map((_, at) => leb(imports.length + at)),
    ),
    ...section(4, table === undefined ? [] : [[0x70, 0x00, ...leb(table)]]),
    ...section(5, [memory.max === undefined ? [0, ...leb(memory.min)] : [1, ...leb(memory.min), ...leb(memory.max)]]),
    ...section(7, [
      [...text('memory'), 2, 0],
      ...exported.map(({ name, at }) => [...text(name), 0, ...leb(imports.length + at)]),
    ]),
    ...(start === undefined ? [] : [8, 1, start]),
    ...section(
      10,
      functions.map(({ locals = 0, code }) => sized([...(locals > 0 ? [1, locals, i32] : [0]), ...code.flat(), 0x0b])),
    ),
    ...section(
      11,
      Object.entries(data).map(([at, value]) => [0, ...op.i32(Number(at)), 0x0b, ...text(value)]),
    ),
  ]);
}

function section(id: number, entries: readonly (readonly number[])[]): number[] {
  return entries.length === 0 ? [] : [id, ...sized([...leb(entries.length), ...entries.flat()])];
}

function sized(bytes: readonly number[]): number[] {
  return [...leb(bytes.length), ...bytes];
}

function list(values: readonly number[]): number[] {
  return [...leb(values.length), ...values];
}

function text(value: string): number[] {
  return sized([...new TextEncoder().encode(value)]);
}

function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(Math.floor(value / 128))];
}

function signed(value: number): number[] {
  return value >= -64 && value < 64 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}

const readOrWrite: Type = [[i32, i32, i32, i32], [i32]];
const fdRead = { name: 'fd_read', type: readOrWrite };
const fdWrite = { name: 'fd_write', type: readOrWrite };

/** Writes what memory holds from `at`: a list of one place and length at 0 says so. */
function writes(at: number, length: number, descriptor = 1): Code {
  const store = (place: number, value: number) => [...op.i32(place), ...op.i32(value), 0x36, 0x02, 0x00];
  return [store(0, at), store(4, length), op.i32(descriptor), op.i32(0), op.i32(1), op.i32(16), op.call(0), op.drop];
}

/** A WASI command whose result are its arguments. */
export function echoCommand(name = '_start'): Uint8Array {
  const store = (place: number, value: readonly number[]) => [...op.i32(place), ...value, 0x36, 0x02, 0x00];
  return assemble({
    imports: [fdWrite, fdRead],
    functions: [
      {
        export: name,
        type: [[], []],
        code: [
          store(0, op.i32(64)),
          store(4, op.i32(60_000)),
          [op.i32(0), op.i32(0), op.i32(1), op.i32(16), op.call(1), op.drop].flat(),
          store(4, [...op.i32(16), ...op.load]),
          [op.i32(1), op.i32(0), op.i32(1), op.i32(16), op.call(0), op.drop].flat(),
        ],
      },
    ],
  });
}

/** A function of a place and a length that gives them back. */
export function echoPointers(): Uint8Array {
  return assemble({
    functions: [
      { export: 'alloc', type: [[i32], [i32]], code: [op.i32(1024)] },
      {
        export: 'call',
        type: [[i32, i32], [i64]],
        code: [op.get(0), op.extend, op.i64(32), op.shl64, op.get(1), op.extend, op.or64],
      },
    ],
  });
}

/** A function without parameters, of this code; function 0 is `fd_write`. */
export function plain(code: Code, rest: Partial<Assembly> = {}): Uint8Array {
  const { imports = [], functions = [], ...others } = rest;
  return assemble({
    ...others,
    imports: [fdWrite, ...imports],
    functions: [{ export: 'call', type: [[], []], locals: 2, code }, ...functions],
  });
}

/** Writes a text. */
export function says(
  text: string,
  descriptor = 1,
): { readonly code: Code; readonly data: Readonly<Record<number, string>> } {
  return { code: writes(64, Buffer.byteLength(text), descriptor), data: { 64: text } };
}
