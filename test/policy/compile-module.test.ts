import { expect, test } from 'vitest';
import { tool } from '../plan/fixture.ts';
import { base, compile } from './estate.ts';

const isolation = { memory: 1024, cpuTime: '2s', network: 'none', filesystem: 'readOnly' };

function implOf(spec: Readonly<Record<string, unknown>>) {
  const { content: bundle } = compile([
    ...base.filter(({ address }) => address !== 'Tool/default/search'),
    tool('search', spec as never),
  ]);
  return [bundle.engineSchema, bundle.tools['default/search']?.impl];
}

test('a bundle holds the module that was read in, and asks for a worker that knows it', () => {
  const wasm = { module: 'sha256:ab', content: 'AGFzbQ==', export: 'call', memory: 65_536, fuel: 10 };
  expect(implOf({ type: 'wasm', builtin: undefined, wasm, isolation })).toEqual([
    5,
    {
      type: 'wasm',
      module: 'AGFzbQ==',
      export: 'call',
      memory: 65_536,
      fuel: 10,
      isolation: { min: 'wasm', memory: 1024, cpuTimeMs: 2000, filesystem: 'none' },
    },
  ]);
});

test('a bundle holds the source of a function', () => {
  const code = { language: 'javascript', source: 'export default () => 1' };
  expect(implOf({ type: 'code', builtin: undefined, code })).toEqual([
    5,
    { type: 'code', source: code.source, isolation: { min: 'wasm', filesystem: 'none' } },
  ]);
});

test('a module that was not read in is not compiled', () => {
  const wasm = { module: 'tools/sum.wasm', export: 'call', memory: 65_536, fuel: 10 };
  expect(() => implOf({ type: 'wasm', builtin: undefined, wasm })).toThrow(/has no module/);
});

test('a bundle holds where a program or a container may connect to, and nothing where its network is none', () => {
  const egress = { hosts: ['b.example', 'a.example'], allowPrivate: false };
  const declared = { ...isolation, network: 'declared' };
  const container = { image: `a@sha256:${'0'.repeat(64)}`, args: [], env: [] };
  const cli = { command: 'curl', args: [], env: [] };
  for (const spec of [
    { type: 'container', container },
    { type: 'cli', cli },
  ]) {
    const [, impl] = implOf({ ...spec, builtin: undefined, isolation: declared, egress });
    expect(impl).toMatchObject({ isolation: { network: { hosts: ['a.example', 'b.example'], allowPrivate: false } } });
    const [, closed] = implOf({ ...spec, builtin: undefined, isolation });
    expect(closed).not.toHaveProperty('isolation.network');
  }
});
