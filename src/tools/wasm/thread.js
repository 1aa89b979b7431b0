// One thread that runs modules, one call after the other, each in an instance of its own. It is JavaScript because Node
// starts a thread from a file, and Node 20 runs no TypeScript. What it may be sent and answers is in `thread-message.ts`.
import { parentPort } from 'node:worker_threads';

/** Compiled modules, the last used at the end. */
const modules = new Map();
const modulesMax = 16;
/** Of a module's words on standard error, for the message of a failure. */
const errorBytesMax = 4096;

parentPort.on('message', (message) => {
  answer(message).then(
    (reply) => parentPort.postMessage(reply),
    (cause) => parentPort.postMessage({ kind: 'failed', message: String(cause) }),
  );
});

async function answer({ key, bytes, call }) {
  let module = modules.get(key);
  if (module === undefined) {
    try {
      module = new WebAssembly.Module(bytes);
    } catch (cause) {
      return { kind: 'uncompiled', message: `The module cannot be compiled: ${cause.message}` };
    }
  }
  modules.delete(key);
  modules.set(key, module);
  for (const oldest of modules.keys()) if (modules.size > modulesMax) modules.delete(oldest);
  return call.kind === 'module' ? await callModule(module, call) : await callSource(module, call);
}

class TooMuch extends Error {}

/** Keeps what a module writes, to a limit; in one piece, since a module may write byte by byte. */
function collector(bytesMax, onTooMuch) {
  let memory = new Uint8Array(Math.min(bytesMax, 1024));
  let size = 0;
  return {
    write(data) {
      const kept = data.subarray(0, bytesMax - size);
      if (size + kept.length > memory.length) {
        const larger = new Uint8Array(Math.min(bytesMax, 2 * memory.length + kept.length));
        larger.set(memory.subarray(0, size));
        memory = larger;
      }
      memory.set(kept, size);
      size += kept.length;
      if (kept.length < data.length) onTooMuch();
    },
    bytes: () => memory.slice(0, size),
  };
}

async function callModule(module, call) {
  const { ConsoleStdout, File, OpenFile, WASI, WASIProcExit } = await import('@bjorn3/browser_wasi_shim');
  const output = collector(call.outputBytesMax, () => {
    throw new TooMuch();
  });
  const errors = collector(errorBytesMax, () => {});
  const fds = [
    new OpenFile(new File(call.input, { readonly: true })),
    new ConsoleStdout((data) => output.write(data)),
    new ConsoleStdout((data) => errors.write(data)),
  ];
  const wasi = new WASI([], [], fds);
  const abort = () => {
    throw new WebAssembly.RuntimeError('the module called abort');
  };
  const told = () => new TextDecoder().decode(errors.bytes());
  let instance;
  try {
    instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: importsOf(wasi), env: { abort } });
    const exit = run(instance, wasi, call);
    if (exit.code !== 0) return { kind: 'exited', code: exit.code, errors: told() };
    return { kind: 'done', output: exit.output ?? output.bytes() };
  } catch (cause) {
    if (cause instanceof TooMuch) return { kind: 'tooLarge' };
    if (cause instanceof WASIProcExit) {
      return cause.code === 0
        ? { kind: 'done', output: output.bytes() }
        : { kind: 'exited', code: cause.code, errors: told() };
    }
    const fuel = instance?.exports[call.fuelExport]?.value;
    if (typeof fuel === 'bigint' && fuel < 0n) return { kind: 'outOfFuel' };
    return { kind: 'failed', message: `The module trapped: ${cause?.message ?? cause}`, errors: told() };
  }
}

function importsOf({ wasiImport }) {
  // The shim makes an object of each place before it looks at one, outside the memory that the module has.
  const few = (call) => {
    return (...given) => {
      const [, , count] = given;
      return count >>> 0 > placesMax ? invalid : call(...given);
    };
  };
  const { fd_read, fd_write } = wasiImport;
  return { ...wasiImport, fd_read: few(fd_read), fd_write: few(fd_write), sched_yield: () => 0 };
}

/** In memory, that one call reads to or writes from; the number is Linux's. */
const placesMax = 1024;
/** EINVAL of WASI. */
const invalid = 28;

function run(instance, wasi, { convention, export: name, input, outputBytesMax }) {
  if (convention === 'start') return { code: wasi.start(instance) };
  wasi.initialize(instance);
  const { memory, alloc } = instance.exports;
  const called = instance.exports[name];
  if (convention === 'plain') return { code: called() ?? 0 };
  const at = alloc(input.length) >>> 0;
  new Uint8Array(memory.buffer, at, input.length).set(input);
  const result = BigInt.asUintN(64, called(at, input.length));
  const size = Number(result & 0xffff_ffffn);
  if (size > outputBytesMax) throw new TooMuch();
  return { code: 0, output: new Uint8Array(memory.buffer, Number(result >> 32n), size).slice() };
}

async function callSource(module, { source, input, memory, outputBytesMax }) {
  const { EvalFlags, JSException, QuickJS } = await import('quickjs-wasi');
  const vm = await QuickJS.create({
    wasm: module,
    memoryLimit: memory - engineBytes,
    timezoneOffset: 0,
    moduleLoader: { normalize: named, load: () => source },
    wasi: (own) => ({
      // What must be asked for has one answer, so that the same arguments have the same result.
      clock_time_get: (_id, _precision, at) => (new DataView(own.buffer).setBigUint64(at, 0n, true), 0),
      random_get: (at, size) => (new Uint8Array(own.buffer, at, size).fill(0), 0),
    }),
  });
  try {
    vm.evalCode(prelude, 'prelude.js').dispose();
    const text = JSON.stringify(new TextDecoder().decode(input));
    const entry = `import call from 'tool.js'; const result = await call(JSON.parse(${text})); export const text = JSON.stringify(result);`;
    const promise = vm.evalCode(entry, 'call.js', EvalFlags.TYPE_MODULE);
    while (promise.promiseState === 0 && vm.executePendingJobs() > 0);
    if (promise.promiseState === 0) return { kind: 'failed', message: 'The function waits for what never comes' };
    const { value, error } = await vm.resolvePromise(promise);
    if (error !== undefined) return { kind: 'failed', message: thrown(error) };
    const result = value.getProp('text');
    if (result.isUndefined) return { kind: 'done', output: new TextEncoder().encode('null') };
    // The function can replace JSON.stringify, and a character is at least one byte.
    if (!result.isString || result.length > outputBytesMax) return { kind: 'tooLarge' };
    const output = new TextEncoder().encode(result.toString());
    return output.length > outputBytesMax ? { kind: 'tooLarge' } : { kind: 'done', output };
  } catch (cause) {
    if (cause instanceof JSException) return { kind: 'failed', message: thrown(cause.handle) };
    return {
      kind: 'failed',
      message: `The function was stopped: ${String(cause?.message ?? cause).slice(0, textMax)}`,
    };
  }
}

/** What was thrown: what it says of itself, and where. */
function thrown(error) {
  if (!error.isObject) return `The function threw ${simple(error)}`;
  const [name, message, stack] = ['name', 'message', 'stack'].map((key) => textOf(error.getProp(key)));
  const place = /tool\.js:\d+/.exec(stack ?? '')?.[0];
  const said = message === undefined ? '' : `: ${message}`;
  return `The function threw ${name ?? 'Error'}${said}${place === undefined ? '' : ` (${place})`}`;
}

function simple(value) {
  if (value.isString) return textOf(value) ?? 'a long text';
  return value.isSymbol || value.isBigInt ? `a ${value.typeof}` : value.toString();
}

/** Of what is thrown. */
const textMax = 10_000;

/**
 * Only a short string leaves the engine. Everything else is as large as it claims to be: of an array whose length is
 * set to 4,000,000,000, `dump` makes one with so many entries, outside the memory that the function has.
 */
function textOf(value) {
  return value.isString && value.length <= textMax ? value.toString() : undefined;
}

/** What the engine itself takes of its memory before a line of the tool runs. */
const engineBytes = 2 * 1024 * 1024;

function named(_from, name) {
  if (name === 'tool.js') return name;
  throw new Error(`a code tool imports nothing, and this one wants ${JSON.stringify(name)}`);
}

const prelude = `{
  const none = (what) => { throw new Error('a code tool has no ' + what + ': take it as an argument'); };
  const Real = Date;
  Real.now = () => none('clock');
  globalThis.Date = new Proxy(Real, {
    apply: () => none('clock'),
    construct: (target, list, fresh) => list.length === 0 ? none('clock') : Reflect.construct(target, list, fresh),
  });
  Real.prototype.constructor = globalThis.Date;
  Math.random = () => none('randomness');
}`;
