import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { QuickJS } from 'quickjs-wasi';
import { describe, expect, test } from 'vitest';
import { limitModule } from '../../src/tools/wasm/limit-module.ts';
import { assemble, echoCommand, echoPointers, i32, op, plain, says } from '../support/wasm.ts';
import { called } from './modules.ts';

const forever = [op.loop, op.br(0), op.end];

describe('a WebAssembly module', () => {
  test('that is a WASI command gets its arguments on standard input and gives its result on standard output', async () => {
    expect(await called(echoCommand(), { export: '_start', args: { a: [1, 'é'] } })).toEqual({
      kind: 'done',
      output: { a: [1, 'é'] },
    });
  });

  test('is called the same by another export without parameters', async () => {
    expect(await called(echoCommand('call'), { args: { a: 1 } })).toEqual({ kind: 'done', output: { a: 1 } });
  });

  test('that takes places in memory is given one by its own alloc', async () => {
    expect(await called(echoPointers(), { args: { a: 'b' } })).toEqual({ kind: 'done', output: { a: 'b' } });
  });

  test('may write its result byte by byte', async () => {
    const whole = says(' "done"');
    const spaces = [op.i32(3000), op.set(0), op.loop, ...says(' ').code, op.get(0), op.i32(-1), op.add, [0x22, 0]];
    const bytewise = plain([...spaces, op.brIf(0), op.end, ...whole.code], whole);
    expect(await called(bytewise)).toEqual({ kind: 'done', output: 'done' });
  });

  test('may be given more memory than 32 bits address, of which it has what they do', async () => {
    expect(await called(echoPointers(), { memory: 2 ** 33 })).toMatchObject({ kind: 'done' });
  });

  test('keeps nothing from one call to the next', async () => {
    const counts = plain(
      [op.i32(128), op.load, op.if, op.unreachable, op.end, op.i32(128), op.i32(1), [0x36, 2, 0], ...says('1').code],
      says('1'),
    );
    expect(await called(counts)).toEqual({ kind: 'done', output: 1 });
    expect(await called(counts)).toEqual({ kind: 'done', output: 1 });
  });
});

test('a module that is counted does what it did before: an engine of 600 KB, to the last result', async () => {
  const bytes = new Uint8Array(readFileSync(createRequire(import.meta.url).resolve('quickjs-wasi/quickjs.wasm')));
  const run = async (fuel?: number) => {
    const limited = limitModule(bytes, { memory: 2 ** 26, ...(fuel === undefined ? {} : { fuel }) });
    const vm = await QuickJS.create({ wasm: limited, timezoneOffset: 0 });
    return vm.evalCode(program).toString();
  };
  expect(await run(1e12)).toBe(await run());
  await expect(run(1e6)).rejects.toThrow(/unreachable/);
});

/** Sorts, matches, formats, rounds and recurses. */
const program = `JSON.stringify([...'the quick brown fox'].sort().map((c, i) => [c, i ** 2.5, (i * 7.25).toFixed(1)]))
  + 'aXbXc'.replace(/X/g, (m, at) => at) + (function f(n) { return n < 2 ? n : f(n - 1) + f(n - 2); })(12)`;

describe('a module that does not end well', () => {
  test('and loops for ever is ended at the deadline, and the next call is answered', async () => {
    const outcome = await called(plain(forever), { fuel: 1_000_000_000_000, tool: { timeoutMs: 300 } });
    expect(outcome).toMatchObject({ kind: 'failed', code: 'tool.timeout', retryable: true });
    expect(await called(echoPointers())).toMatchObject({ kind: 'done' });
  });

  test('and uses up its fuel stops by itself, at the same instruction each time', async () => {
    expect(await called(plain(forever), { fuel: 1_000_000 })).toMatchObject({ kind: 'failed', code: 'tool.fuel' });
    const turns = (count: number) => [
      [op.i32(count), op.set(0), op.loop, op.get(0), op.i32(-1), [op.add], [0x22, 0], op.brIf(0), [op.end]].flat(),
      ...says('"done"').code,
    ];
    // 4 before the loop, 5 a turn, 1 behind it, and 19 that write.
    const needed = (count: number) => 4 + 5 * count;
    const module = (count: number) => plain(turns(count), says('"done"'));
    expect(await called(module(1000), { fuel: needed(1000) - 10 })).toMatchObject({ code: 'tool.fuel' });
    expect(await called(module(1000), { fuel: needed(1000) + 10 })).toMatchObject({ kind: 'done' });
  });

  test('and is given up with its run is ended', async () => {
    const aborting = new AbortController();
    const outcome = called(plain(forever), { fuel: 1_000_000_000_000, options: { signal: aborting.signal } });
    aborting.abort();
    expect(await outcome).toMatchObject({ kind: 'failed', code: 'tool.aborted' });
  });

  test('and asks for more memory than it may have gets none', async () => {
    // Grows by a page until it is told no, and says with its exit code that it was.
    const bomb = plain([op.loop, op.i32(1), op.grow, op.i32(-1), 0x47, op.brIf(0), op.end, op.i32(7), op.call(1)], {
      imports: [{ name: 'proc_exit', type: [[i32], []] }],
      memory: { min: 1, max: 65_536 },
    });
    const outcome = await called(bomb, { memory: 4 * 65_536, fuel: 100 });
    expect(outcome).toMatchObject({ code: 'tool.failed', message: 'The module ended with exit code 7.' });
    expect(await called(bomb, { isolation: { memory: 2 * 65_536 }, fuel: 50 })).toMatchObject({ code: 'tool.failed' });
  });

  test('and writes more than a result may have is stopped', async () => {
    const { code, data } = says('x'.repeat(1000));
    const outcome = await called(plain([op.loop, ...code, op.br(0), op.end], { data }), { fuel: 1e9 });
    expect(outcome).toMatchObject({ kind: 'failed', code: 'result.too_large' });
  });

  test('and traps is told of, with what it wrote on standard error, without secrets', async () => {
    const { code, data } = says('key: unused-value', 2);
    const outcome = await called(plain([...code, op.unreachable], { data }));
    expect(outcome).toEqual({
      kind: 'failed',
      code: 'tool.failed',
      message: expect.stringMatching(/^The module trapped: unreachable: key: (?!unused-value)/),
      retryable: false,
    });
  });

  test('and writes from more places than a system allows is told so, before one is read', async () => {
    const write = [op.i32(1), op.i32(0), op.i32(1025), op.i32(16), op.call(0)];
    const exits = plain([...write, op.call(1)], { imports: [{ name: 'proc_exit', type: [[i32], []] }] });
    expect(await called(exits)).toMatchObject({ message: 'The module ended with exit code 28.' });
  });

  test('and calls itself without end is told of', async () => {
    expect(await called(plain([op.call(1)]), { fuel: 1e9 })).toMatchObject({ code: 'tool.failed' });
  });

  test('and writes nothing, no JSON or no UTF-8 has no result', async () => {
    expect(await called(plain([]))).toMatchObject({ code: 'result.invalid' });
    for (const text of ['{"a":', '{"a":1,"a":2}', 'NaN']) {
      const { code, data } = says(text);
      expect(await called(plain(code, { data }))).toMatchObject({ code: 'result.invalid' });
    }
    expect(await called(plain([op.i32(64), op.i32(0xff), [0x3a, 0, 0], ...says('x').code]))).toMatchObject({
      code: 'result.invalid',
    });
  });
});

describe('a module is refused before it runs', () => {
  const refused = async (module: Uint8Array) => {
    const outcome = await called(module);
    expect(outcome).toMatchObject({ kind: 'failed', code: 'tool.failed' });
    return outcome.kind === 'failed' ? outcome.message : '';
  };

  test('for an import that no tool is given', async () => {
    const path = { name: 'path_open', type: [[i32], [i32]] } as const;
    expect(await refused(plain([], { imports: [path] }))).toContain('`wasi_snapshot_preview1.path_open`');
    const spawn = { module: 'env', name: 'spawn', type: [[], []] } as const;
    expect(await refused(plain([], { imports: [spawn] }))).toContain('`env.spawn`');
  });

  test('for memory that it begins with, and for tables', async () => {
    expect(await refused(plain([], { memory: { min: 100 } }))).toContain('more than it may use');
    expect(await refused(plain([], { table: 1_000_000 }))).toContain('table');
  });

  test('for bytes that are none, and for instructions that cannot be counted', async () => {
    expect(await refused(new TextEncoder().encode('#!/bin/sh'))).toBe('The file is no WebAssembly module.');
    expect(await refused(plain([]).subarray(0, 60))).toContain('cut off');
    expect(await refused(plain([[0x06, 0x40], op.end]))).toContain('0x06');
  });

  test('for a global that would be the counter of its fuel', async () => {
    const refuels = plain([op.loop, op.i64(1000), [0x24, 0], op.br(0), op.end]);
    expect(await refused(refuels)).toBe('The module uses a global that it does not have.');
  });

  test('by the engine, where it is no valid code', async () => {
    expect(await refused(plain([op.drop]))).toContain('cannot be compiled');
    expect(await refused(assemble({ functions: [{ export: 'call', type: [[], []], code: [op.i32(1)] }] }))).toContain(
      'cannot be compiled',
    );
  });
});
