import { beforeAll, describe, expect, test } from 'vitest';
import type { BundleTool } from '../../src/manifest/bundle.ts';
import type { JsonObject } from '../../src/manifest/json.ts';
import { callTool } from '../../src/tools/call.ts';
import type { ToolCallOptions } from '../../src/tools/options.ts';
import { programArguments } from '../../src/tools/program-arguments.ts';
import { requireBubblewrap } from '../support/bubblewrap.ts';
import { canary, canarySecrets, optionsWith } from './fixture.ts';

beforeAll(requireBubblewrap);

type Cli = Extract<BundleTool['impl'], { type: 'cli' }>;

function cliTool(impl: Partial<Cli>, change: Partial<BundleTool> = {}): BundleTool {
  return {
    name: 'program',
    description: 'A program.',
    inputSchema: { type: 'object' },
    operations: ['read'],
    idempotent: false,
    timeoutMs: 20_000,
    maxResultBytes: 65_536,
    costPerCall: 0,
    ...change,
    impl: {
      type: 'cli',
      command: 'sh',
      args: [],
      env: [],
      isolation: { min: 'process', filesystem: 'readOnly' },
      ...impl,
    },
  };
}

const isolation = { tiers: ['inline', 'sandbox', 'wasm'], host: { path: ['/usr/bin'], readable: [] } } as const;

function call(tool: BundleTool, args: JsonObject = {}, options: Partial<ToolCallOptions> = {}) {
  return callTool(tool, args, optionsWith({ isolation, ...options }));
}

const script = (text: string, change: Partial<BundleTool> = {}) => cliTool({ args: ['-c', text] }, change);
const write = { operations: ['write'] } as const;

describe('what a program is given', () => {
  test('arguments reach it whole, and no shell', async () => {
    const tool = cliTool({ command: 'printf', args: ['<%s>', '{a}', 'x-{b}', '{absent}', '{list}'] });
    const args = { a: '$(id); `id` && id | id > /tmp/x', b: '"\'\\', list: ['1', '2 3'] };
    expect(await call(tool, args)).toEqual({
      kind: 'done',
      output: '<$(id); `id` && id | id > /tmp/x><x-"\'\\><1><2 3>',
    });
  });

  test.each(['-rf', '--output=/x', '-'])('an argument may not begin an option: %s', async (value) => {
    const refused = { kind: 'failed', code: 'tool.argument_refused' };
    expect(await call(cliTool({ command: 'printf', args: ['%s', '{a}'] }), { a: value })).toMatchObject(refused);
    expect(await call(cliTool({ command: 'printf', args: ['%s', '{a}'] }), { a: ['x', value] })).toMatchObject(refused);
    const after = cliTool({ command: 'printf', args: ['--', '{format}', '{a}'] });
    expect(await call(after, { format: '%s', a: value })).toEqual({ kind: 'done', output: value });
  });

  test('what begins an option passes only where `--` surely ended the options of who reads it', () => {
    const valued = ['--format', '{format}', '--', '{path}'];
    expect(programArguments(valued, { format: 'x', path: '-p' })).toEqual(['--format', 'x', '--', '-p']);
    for (const args of [{ path: '-p' }, { format: [], path: '-p' }])
      expect(() => programArguments(valued, args)).toThrow('begins with `-`');
    expect(() => programArguments(['--', 'tool', '{x}'], { x: '-x' })).toThrow('begins with `-`');
    expect(programArguments(['--', 'tool', '{x}'], { x: 'x' })).toEqual(['--', 'tool', 'x']);
  });

  test('an argument with NUL, or longer than the kernel takes, is refused', async () => {
    const tool = cliTool({ command: 'printf', args: ['%s', '{a}'] });
    for (const a of ['a\0b', 'x'.repeat(200_000)])
      expect(await call(tool, { a })).toMatchObject({ kind: 'failed', code: 'tool.argument_refused' });
  });

  test('its input is the argument, as JSON where it is no text', async () => {
    const tool = cliTool({ command: 'cat', stdin: '{document}' });
    expect(await call(tool, { document: 'plain' })).toEqual({ kind: 'done', output: 'plain' });
    expect(await call(tool, { document: { a: [1] } })).toEqual({ kind: 'done', output: { a: [1] } });
  });

  test('a secret is in its environment and in a file, and leaves it in no output', async () => {
    const secret = { secret: 'default/crm', key: 'token' };
    const env = [
      { name: 'TOKEN', secret },
      { name: 'TOKEN_FILE', secret, mountPath: '/run/secrets/token' },
    ];
    const check = 'echo "${#TOKEN} $TOKEN_FILE $TOKEN"; cat "$TOKEN_FILE"; printf %s "$TOKEN" | base64';
    const outcome = await call(cliTool({ args: ['-c', check], env }), {}, { secrets: canarySecrets() });
    expect(outcome).toMatchObject({ kind: 'done', output: expect.stringContaining('/run/secrets/token') });
    expect(JSON.stringify(outcome)).not.toContain(canary);
    const failing = cliTool({ args: ['-c', 'echo "$TOKEN" >&2; exit 1'], env });
    expect(JSON.stringify(await call(failing, {}, { secrets: canarySecrets() }))).not.toContain(canary);
  });
});

describe('what becomes of a call', () => {
  const schema = { outputSchema: { type: 'object', required: ['n'] } } as const;

  test('JSON where it is promised or written, else text', async () => {
    expect(await call(script('echo \'{"n": 1}\'', schema))).toEqual({ kind: 'done', output: { n: 1 } });
    expect(await call(script('echo hello'))).toEqual({ kind: 'done', output: 'hello' });
    for (const bad of ['{"n": 1', 'hello', '{"n":1,"n":2}', ''])
      expect(await call(script(`printf '%s' '${bad}'`, schema))).toMatchObject({ code: 'result.invalid' });
    expect(await call(script("printf '\\377\\376'"))).toMatchObject({ kind: 'failed', code: 'result.invalid' });
  });

  test.each([
    ['exit 3', 'ended with 3'],
    ['echo why >&2; exit 1', 'why'],
    ['exit 137', 'SIGKILL'],
    ['kill -SEGV $$', 'SIGSEGV'],
  ])('a failure says how it ended: %s', async (text, words) => {
    const outcome = await call(script(text));
    expect(outcome).toMatchObject({ kind: 'failed', code: 'tool.failed', message: expect.stringContaining(words) });
  });

  test('a program that was ended may have had its effect, unless the call may be made again', async () => {
    const slow = { timeoutMs: 1_500 };
    for (const text of [
      'sleep 60',
      'exec >&-; exec 2>&-; sleep 60',
      'while :; do :; done',
      'trap "" TERM INT; sleep 60',
    ]) {
      expect(await call(script(text, slow))).toMatchObject({ kind: 'failed', code: 'tool.timeout', retryable: true });
    }
    expect(await call(script('sleep 60', { ...slow, ...write }))).toMatchObject({
      kind: 'unknown',
      code: 'tool.timeout',
    });
    expect(await call(script('kill -9 $$', write))).toMatchObject({ kind: 'unknown', code: 'tool.failed' });
    expect(await call(script('exit 2', write))).toMatchObject({ kind: 'failed', code: 'tool.failed' });
    const given = AbortSignal.timeout(500);
    expect(await call(script('sleep 60', write), {}, { signal: given })).toMatchObject({
      kind: 'unknown',
      code: 'tool.aborted',
    });
  });

  test('what it writes is cut off, with lines or without', async () => {
    for (const text of ['yes', 'cat /dev/zero', 'yes >&2 & yes | tr -d "\\n"'])
      expect(await call(script(text))).toMatchObject({ kind: 'failed', code: 'result.too_large' });
    expect(await call(script('yes', write))).toMatchObject({ kind: 'unknown', code: 'result.too_large' });
  });

  test('without a tier for it, or without the program, nothing is started', async () => {
    const none = { tiers: ['inline', 'process', 'wasm'], host: isolation.host } as const;
    expect(await call(script('true'), {}, { isolation: none })).toMatchObject({ code: 'isolation.unavailable' });
    expect(await call(cliTool({ command: 'no-such' }))).toMatchObject({ kind: 'failed', code: 'tool.program_missing' });
    expect(await call(cliTool({ command: '../bin/sh' }))).toMatchObject({ code: 'tool.program_missing' });
  });
});
