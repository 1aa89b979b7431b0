import type { Finding } from './text.ts';
import { readInstruction, skipLocals } from './wasm-instruction.ts';
import { readWasmModule, sectionIds, type WasmModule, type WasmType, wasmPageBytes } from './wasm-module.ts';
import { ModuleFault, WasmReader } from './wasm-reader.ts';

/**
 * How a module is called. `start`: a WASI command, which reads its arguments from standard input and writes its result
 * to standard output. `plain`: an exported function without parameters that does the same. `pointers`: a function that
 * takes the arguments' place and length in memory and gives those of its result.
 */
export type WasmConvention = 'start' | 'plain' | 'pointers';

/** What `wasm` of a Tool says of its module. */
export interface WasmUse {
  readonly export: string;
  /** Bytes. */
  readonly memory: number;
}

export type WasmChecked =
  | { readonly kind: 'usable'; readonly module: WasmModule; readonly convention: WasmConvention }
  | { readonly kind: 'refused'; readonly field: 'module' | 'export' | 'memory'; readonly finding: Finding };

/** Whether a worker can call this export of a module within these limits: nothing is compiled or run for that. */
export function checkWasm(bytes: Uint8Array, use: WasmUse): WasmChecked {
  let module: WasmModule;
  try {
    module = readWasmModule(bytes);
    assertCountable(bytes, module);
  } catch (cause) {
    if (cause instanceof ModuleFault) return refused('module', cause.message, core);
    throw cause;
  }
  const foreign = module.imports.find((one) => !isOffered(one));
  if (foreign !== undefined) {
    const message = `The module imports \`${foreign.module}.${foreign.name}\`, which no tool is given.`;
    return refused('module', message, isFileOrSocket(foreign) ? sealed : core);
  }
  const { memory } = module;
  if (memory === undefined || module.exports.get('memory')?.kind !== 'memory')
    return refused('module', 'The module exports no `memory`.', 'Arguments and results pass through it; export it.');
  if (memory.min * wasmPageBytes > use.memory) {
    const message = `The module begins with ${memory.min * wasmPageBytes} bytes of memory, more than it may use.`;
    return refused('memory', message, 'Raise `memory`, or build the module with less.');
  }
  if (module.tables.length > tablesMax) return refused('module', `The module has more than ${tablesMax} tables.`, core);
  if (module.tables.some(({ min }) => min > tableEntriesMax))
    return refused('module', `The module has a table of more than ${tableEntriesMax} entries.`, core);
  const convention = conventionOf(module, use.export);
  return typeof convention === 'string' ? { kind: 'usable', module, convention } : convention;
}

/** Of each table, whatever the module asks for. */
export const tableEntriesMax = 100_000;
/** Compilers make one or two. Tables lie outside the memory that is limited: their number bounds what they take. */
const tablesMax = 4;

const core = 'Build it for `wasm32-wasip1`, without threads, exceptions or garbage collection.';
const sealed = 'A module has no files and no sockets: arguments come on standard input, the result goes to its output.';

function refused(field: 'module' | 'export' | 'memory', message: string, help: string): WasmChecked {
  return { kind: 'refused', field, finding: { code: 'tool.module', message, help } };
}

/**
 * Whether each instruction is known: fuel is counted by them. What is left of it becomes the global behind the module's
 * last one: a module that names a global beyond its own is invalid as it is, but would write the counter then.
 */
function assertCountable(bytes: Uint8Array, { sections, globals }: WasmModule): void {
  const section = sections.find(({ id }) => id === sectionIds.code);
  if (section === undefined) return;
  const content = new WasmReader(bytes, section.start, section.end);
  for (let bodies = content.u32(); bodies > 0; bodies -= 1) {
    const body = content.part(content.u32());
    skipLocals(body);
    while (!body.isAtEnd) {
      const { at } = body;
      readInstruction(body);
      if (bytes[at] !== globalGet && bytes[at] !== globalSet) continue;
      if (new WasmReader(bytes, at + 1, body.end).u32() >= globals)
        throw new ModuleFault('The module uses a global that it does not have.');
    }
  }
}

const [globalGet, globalSet] = [0x23, 0x24];

type Import = WasmModule['imports'][number];

function isOffered({ module, name }: Import): boolean {
  // AssemblyScript calls it instead of trapping.
  if (module === 'env') return name === 'abort';
  return module === 'wasi_snapshot_preview1' && offered.has(name);
}

function isFileOrSocket({ module, name }: Import): boolean {
  return module === 'wasi_snapshot_preview1' && /^(path|sock|fd)_/.test(name);
}

/** What can be done without files and sockets. The two of `prestat` are how libc asks whether there are folders: there are none. */
const offered: ReadonlySet<string> = new Set([
  'args_get',
  'args_sizes_get',
  'clock_res_get',
  'clock_time_get',
  'environ_get',
  'environ_sizes_get',
  'fd_close',
  'fd_fdstat_get',
  'fd_fdstat_set_flags',
  'fd_prestat_dir_name',
  'fd_prestat_get',
  'fd_read',
  'fd_seek',
  'fd_tell',
  'fd_write',
  'poll_oneoff',
  'proc_exit',
  'random_get',
  'sched_yield',
]);

const [i32, i64] = [0x7f, 0x7e];

function conventionOf(module: WasmModule, name: string): WasmConvention | WasmChecked {
  const type = functionType(module, name);
  const here = exportedFunctions(module);
  if (type === undefined)
    return refused(
      'export',
      `The module exports no function \`${name}\`.`,
      here.length > 0 ? `It exports: ${here.join(', ')}.` : core,
    );
  const shape = `${letters(type.parameters)}:${letters(type.results)}`;
  if (name === '_start' && shape === ':') return 'start';
  if (shape === ':' || shape === ':i') return 'plain';
  if (shape !== 'ii:I') {
    const message = `The function \`${name}\` takes or gives what pawl does not send or read.`;
    return refused('export', message, 'Make it `() -> ()`, or `(pointer: i32, length: i32) -> i64`: docs/tools.md.');
  }
  const allocate = functionType(module, 'alloc');
  if (allocate !== undefined && letters(allocate.parameters) === 'i' && letters(allocate.results) === 'i')
    return 'pointers';
  const message = 'The module exports no `alloc`, so that there is no place for the arguments.';
  return refused('export', message, 'Export `alloc(length: i32) -> i32`, or make the function `() -> ()`.');
}

function functionType({ exports, functions, types }: WasmModule, name: string): WasmType | undefined {
  const found = exports.get(name);
  return found?.kind === 'function' ? types[functions[found.index] ?? -1] : undefined;
}

function exportedFunctions({ exports }: WasmModule): readonly string[] {
  const names = Array.from(exports).filter(([, { kind }]) => kind === 'function');
  return names.map(([name]) => `\`${name.slice(0, 64)}\``).slice(0, 8);
}

function letters(types: readonly number[]): string {
  return types.map((type) => (type === i32 ? 'i' : type === i64 ? 'I' : '?')).join('');
}
