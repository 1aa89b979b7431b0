import { describe, expect, test } from 'vitest';
import { calledSource } from './modules.ts';

describe('a function in JavaScript', () => {
  test('gets the arguments, and what it returns is the result', async () => {
    const source = 'const plus = (a, b) => a + b;\nexport default ({ a, b }) => ({ sum: plus(a, b) });';
    expect(await calledSource(source, { args: { a: 1, b: 2 } })).toEqual({ kind: 'done', output: { sum: 3 } });
    expect(await calledSource('export default (args) => args', { args: { t: '"\\\u2028é😀`${' } })).toEqual({
      kind: 'done',
      output: { t: '"\\\u2028é😀`${' },
    });
  });

  test('may wait for itself, and may return nothing', async () => {
    expect(await calledSource('export default async () => { await null; return [1]; }')).toMatchObject({ output: [1] });
    expect(await calledSource('export default () => {}')).toEqual({ kind: 'done', output: null });
    expect(await calledSource('export default () => new Promise(() => {})')).toMatchObject({
      code: 'tool.failed',
      message: 'The function waits for what never comes.',
    });
  });

  test('reaches nothing: no process, no network, no module, no clock and no randomness', async () => {
    const names = "['process', 'require', 'fetch', 'std', 'os', 'setTimeout', 'WebAssembly', 'Deno', 'Worker']";
    expect(await calledSource(`export default () => ${names}.filter((one) => one in globalThis)`)).toEqual({
      kind: 'done',
      output: [],
    });
    const faults = [
      ["import fs from 'node:fs'; export default () => 1", 'imports nothing'],
      ["export default () => import('/etc/passwd')", 'imports nothing'],
      ['export default () => Date.now()', 'no clock'],
      ['export default () => new Date()', 'no clock'],
      ['export default () => new (new Date(0).constructor)()', 'no clock'],
      ['export default () => Math.random()', 'no randomness'],
    ];
    for (const [source = '', said] of faults) {
      expect(await calledSource(source), source).toMatchObject({
        code: 'tool.failed',
        message: expect.stringContaining(said ?? ''),
      });
    }
    const day = 'export default () => new Date("2026-01-02T03:04:05Z").getHours()';
    expect(await calledSource(day)).toMatchObject({ output: 3 });
  });

  test('that throws is told of with its line, and one that cannot be read with its fault', async () => {
    expect(await calledSource('export default () => {\n  throw new RangeError("too far");\n}')).toEqual({
      kind: 'failed',
      code: 'tool.failed',
      message: 'The function threw RangeError: too far (tool.js:2).',
      retryable: false,
    });
    expect(await calledSource('export default () => {')).toMatchObject({
      message: expect.stringContaining('SyntaxError'),
    });
    expect(await calledSource('export const other = 1')).toMatchObject({ code: 'tool.failed' });
    expect(await calledSource('export default () => 1n')).toMatchObject({ code: 'tool.failed' });
    expect(await calledSource('throw undefined; export default 1')).toMatchObject({ code: 'tool.failed' });
  });

  test('that throws or returns what claims to be large makes nothing large outside of it', async () => {
    const large = 'const large = []; large.length = 4e9;';
    expect(await calledSource(`${large} export default () => { throw large; }`)).toMatchObject({
      message: 'The function threw Error.',
    });
    const told = `${large} export default () => { throw { name: 'Odd', message: large, stack: large }; }`;
    expect(await calledSource(told)).toMatchObject({ message: 'The function threw Odd.' });
    const long = 'export default () => { throw new Error("x".repeat(1_000_000)); }';
    expect(await calledSource(long)).toMatchObject({ message: 'The function threw Error (tool.js:1).' });
    expect(await calledSource('export default () => { throw "too far"; }')).toMatchObject({
      message: 'The function threw too far.',
    });
    const wordy = await calledSource('export default () => { throw "unused-value" + "x".repeat(9000); }');
    expect(wordy).toMatchObject({
      message: expect.stringMatching(/^The function threw (?!unused-value).{900,1000}\.$/),
    });
    const replaced = `${large} JSON.stringify = () => large; export default () => 1;`;
    expect(await calledSource(replaced)).toMatchObject({ code: 'result.too_large' });
  });

  test('that loops for ever, or matches for ever, is ended at the deadline', async () => {
    const sources = ['export default () => { for (;;); }', 'export default () => /^(a+)+$/.test("a".repeat(40) + "!")'];
    for (const source of sources) {
      const outcome = await calledSource(source, { tool: { timeoutMs: 1500 } });
      expect(outcome, source).toMatchObject({ code: 'tool.timeout' });
    }
    const jobs = 'export default () => { const again = () => Promise.resolve().then(again); return again(); }';
    expect(await calledSource(jobs, { isolation: { cpuTimeMs: 1000 } })).toMatchObject({ kind: 'failed' });
  });

  test('has the memory that it is given, whatever it allocates', async () => {
    const bombs = [
      'export default () => { const all = []; for (;;) all.push(new Array(1000).fill(1)); }',
      'export default () => { const all = []; for (;;) all.push(new ArrayBuffer(1_000_000)); }',
      'export default () => { let text = "x"; for (;;) text += text; }',
      'export default () => { let text = "x".repeat(100_000); for (;;) new RegExp(text += text); }',
    ];
    for (const source of bombs) {
      const outcome = await calledSource(source, { isolation: { memory: 16 * 2 ** 20 }, tool: { timeoutMs: 5000 } });
      expect(outcome, source).toMatchObject({ kind: 'failed', code: 'tool.failed' });
    }
    expect(await calledSource('export default () => 1')).toMatchObject({ output: 1 });
  });

  test('and calls itself without end is told of; results are bounded', async () => {
    const deep = await calledSource('export default function deep() { return deep() + 1; }');
    expect(deep).toMatchObject({ code: 'tool.failed' });
    expect(await calledSource('export default () => "x".repeat(1_000_000)')).toMatchObject({
      code: 'result.too_large',
    });
  });
});
