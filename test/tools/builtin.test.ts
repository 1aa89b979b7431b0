import { expect, test } from 'vitest';
import type { BundleTool } from '../../src/manifest/bundle.ts';
import type { Json } from '../../src/manifest/json.ts';
import { callTool } from '../../src/tools/call.ts';
import { httpTool, optionsWith } from './fixture.ts';

const { impl: _, ...common } = httpTool({ url: 'https://api.test' });
const entries = {
  zebra: 'Striped horse.',
  returns: { days: 30, text: 'Send it BACK' },
  refunds: 'Money back in 5 days.',
};
const lookup: BundleTool = { ...common, impl: { type: 'builtin', name: 'lookup', entries } };

test('echo returns its arguments', async () => {
  const echo: BundleTool = { ...common, impl: { type: 'builtin', name: 'echo' } };
  expect(await callTool(echo, { a: 1 }, optionsWith())).toEqual({ kind: 'done', output: { a: 1 } });
});

test.each<[Json & object, Json]>([
  [{ key: 'zebra' }, 'Striped horse.'],
  [{ key: 'returns' }, { days: 30, text: 'Send it BACK' }],
  [{ key: 'nothing' }, null],
  [{ key: 'constructor' }, null],
  [
    { query: 'back' },
    [
      { key: 'refunds', entry: 'Money back in 5 days.' },
      { key: 'returns', entry: { days: 30, text: 'Send it BACK' } },
    ],
  ],
  [
    { query: '  Back   DAYS ' },
    [
      { key: 'refunds', entry: 'Money back in 5 days.' },
      { key: 'returns', entry: { days: 30, text: 'Send it BACK' } },
    ],
  ],
  [{ query: 'zebra back' }, []],
  [{ query: ' ' }, []],
])('lookup of %j', async (args, output) => {
  expect(await callTool(lookup, args, optionsWith())).toEqual({ kind: 'done', output });
});

test('lookup says what it takes, and keeps to maxResultBytes', async () => {
  expect(await callTool(lookup, { q: 1 }, optionsWith())).toMatchObject({
    kind: 'failed',
    code: 'tool.argument_refused',
    message: expect.stringContaining('`query`'),
  });
  expect(await callTool({ ...lookup, maxResultBytes: 10 }, { key: 'zebra' }, optionsWith())).toMatchObject({
    kind: 'failed',
    code: 'result.too_large',
  });
});
