import { describe, expect, test } from 'vitest';
import { echoCommand, i32, op, plain } from '../support/wasm.ts';
import { at, manifest, resolveTexts } from './manifests.ts';

const module = echoCommand();

function tool(spec: string): Readonly<Record<string, string>> {
  return { 'tools/sum.yaml': manifest('Tool', 'sum', `{description: Sums, inputSchema: {type: object}, ${spec}}`) };
}

const wasm = (more = '') => tool(`type: wasm, wasm: {module: sum.wasm, export: _start${more}}`);
const code = tool('type: code, code: {file: sum.js}');

function resolved(files: Readonly<Record<string, string>>, named: Readonly<Record<string, string | Uint8Array>>) {
  const { resources, problems: all } = resolveTexts(files, { prompts: named });
  const problems = all.filter(({ severity }) => severity === 'error');
  return { spec: [...resources.values()][0]?.manifest['spec'], problems: problems.map(at), said: problems[0]?.message };
}

describe('what a tool runs', () => {
  test('is read in from its file: a module with its digest in the place of its path', () => {
    const { spec, problems } = resolved(wasm(), { 'tools/sum.wasm': module });
    expect(problems).toEqual([]);
    expect(spec).toMatchObject({
      wasm: {
        module: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
        content: Buffer.from(module).toString('base64'),
        export: '_start',
      },
    });
    const source = 'export default ({ a }) => a;\n';
    expect(resolved(code, { 'tools/sum.js': source }).spec).toMatchObject({ code: { language: 'javascript', source } });
    expect(resolved(code, { 'tools/sum.js': source }).spec).not.toMatchObject({ code: { file: expect.anything() } });
  });

  test('is missing, leads out of the repository or is too large, and none of it is taken', () => {
    expect(resolved(wasm(), {}).problems).toEqual(['reference.file_missing 4:83']);
    const outside = tool('type: wasm, wasm: {module: ../../sum.wasm, export: _start}');
    expect(resolved(outside, {}).problems).toEqual(['reference.file_escape 4:83']);
    const large = { 'tools/sum.wasm': new Uint8Array(2 * 1024 * 1024 + 1) };
    expect(resolved(wasm(), large)).toMatchObject({ spec: undefined, problems: ['limits.text_file_bytes 4:83'] });
  });

  test('is refused where no worker could call it, at the field that says what is wrong', () => {
    const refused = (bytes: Uint8Array, more = '') => resolved(wasm(more), { 'tools/sum.wasm': bytes });
    const opens = plain([], { imports: [{ name: 'path_open', type: [[i32], [i32]] }] });
    expect(refused(opens)).toMatchObject({ spec: undefined, problems: ['tool.module 4:83'] });
    expect(refused(new Uint8Array([1, 2, 3])).said).toBe('The file is no WebAssembly module.');
    expect(refused(plain([]))).toMatchObject({
      problems: ['tool.module 4:101'],
      said: 'The module exports no function `_start`.',
    });
    const hungry = refused(module, ', memory: 32KiB');
    expect(hungry).toMatchObject({ problems: ['tool.module 4:117'] });
    expect(refused(plain([[0x06, 0x40], op.end])).said).toContain('0x06');
  });

  test('is refused with a global that it does not have, since the counter of its fuel is put there', () => {
    const global = [6, 6, 1, 0x7e, 1, 0x42, 0, 0x0b];
    const setting = (index: number) => {
      const writes = plain([op.i64(1), [0x24, index]]);
      return { 'tools/sum.wasm': Uint8Array.from([...writes, ...global]) };
    };
    const call = tool('type: wasm, wasm: {module: sum.wasm, export: call}');
    expect(resolved(call, setting(0)).problems).toEqual([]);
    expect(resolved(call, setting(1)).said).toBe('The module uses a global that it does not have.');
  });

  test('is refused with more than 4 tables, each of which takes memory that no limit counts', () => {
    const withTables = (count: number) => {
      const tables = Array.from({ length: count }, () => [0x70, 0x00, 0x01]).flat();
      return { 'tools/sum.wasm': Uint8Array.from([...module, 4, 1 + tables.length, count, ...tables]) };
    };
    expect(resolved(wasm(), withTables(4)).problems).toEqual([]);
    expect(resolved(wasm(), withTables(5)).said).toBe('The module has more than 4 tables.');
  });

  test('is refused as a source that is no text, is empty or holds a secret', () => {
    const first = (file: string | Uint8Array) => resolved(code, { 'tools/sum.js': file }).problems[0];
    expect(first(new Uint8Array([0xff, 0xfe]))).toMatch(/^yaml\.|^text\.|encoding/);
    expect(first(' \n')).toBe('manifest.required 1:1');
    expect(first(`const key = "AKIA${'ABCDEFGHIJKLMNOP'}";`)).toMatch(/^manifest\.secret_literal 1:/);
  });

  test('has memory for the engine that it runs in', () => {
    const small = (memory: string) => tool(`type: code, code: {source: x}, isolation: {memory: ${memory}}`);
    expect(resolved(small('1MiB'), {}).problems).toEqual(['manifest.limit 4:107']);
    expect(resolved(small('4MiB'), {}).problems).toEqual([]);
  });

  test('has no files to write to', () => {
    const scratch = tool('type: code, code: {source: export default () => 1}, isolation: {filesystem: scratch}');
    expect(resolved(scratch, {}).problems).toEqual(['manifest.contradiction 4:120']);
  });
});
