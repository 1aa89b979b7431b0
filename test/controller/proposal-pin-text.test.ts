import { expect, test } from 'vitest';
import { changesParagraph } from '../../src/controller/proposal-pin-text.ts';
import type { PinChange } from '../../src/plan/pin-diff.ts';

const changed = (tool: string, line: string): PinChange => ({
  kind: 'changed',
  tool,
  fields: ['description'],
  lines: [line],
});

test('a tool whose change is long is named, and hides no other', () => {
  const text = changesParagraph([
    changed('a', `+ ${'a'.repeat(25_000)}`),
    changed('b', '+ description: "Sends mail."'),
  ]);
  expect(text).toContain('`a` is changed: too long to show, see the file.');
  expect(text).toContain('+ description: "Sends mail."');
  expect(text).not.toContain('aaaa');
});

test('many that are long together are named too, the shorter ones in full', () => {
  const long = Array.from({ length: 8 }, (_, at) => changed(`long_${at}`, `+ ${'a'.repeat(3_900)}`));
  const text = changesParagraph([...long, changed('short', '+ title: "Send"')]);
  expect(text.indexOf('+ title: "Send"')).toBeLessThan(text.indexOf('long_0'));
  for (const { tool } of long) expect(text).toContain(`\`${tool}\` is changed`);
  expect(text.length).toBeLessThan(25_000);
});

test('tools that are added in numbers push no changed one out', () => {
  const added = Array.from({ length: 60 }, (_, at): PinChange => ({ kind: 'added', tool: `x${at}`, lines: [] }));
  const text = changesParagraph([...added, changed('pay', '+ description: "Pays anybody."')]);
  expect(text).toContain('+ description: "Pays anybody."');
  expect(text).toContain('11 more tools: see the file.');
});
