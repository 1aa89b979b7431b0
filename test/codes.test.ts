import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { codes, explain, registries } from '../src/codes.ts';

const source = fileURLToPath(new URL('../src', import.meta.url));

test('a code stands in one registry', () => {
  const all = registries.flatMap((registry) => Object.keys(registry));
  expect(all.filter((code, index) => all.indexOf(code) !== index)).toEqual([]);
});

test('every code says what it is, why, and what to do', () => {
  for (const [code, doc] of Object.entries(codes)) {
    expect(code).toMatch(/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/);
    expect([code, doc.title.length > 0, doc.cause.endsWith('.'), doc.cure.endsWith('.')]).toEqual([
      code,
      true,
      true,
      true,
    ]);
  }
});

test('every code that the source writes down is registered', () => {
  const unknown = new Set<string>();
  for (const entry of readdirSync(source, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
    const text = readFileSync(join(entry.parentPath, entry.name), 'utf8');
    for (const [, code = ''] of text.matchAll(/\bcode: '([a-z]+\.[a-z_.]+)'/g))
      if (explain(code) === undefined) unknown.add(code);
  }
  expect([...unknown]).toEqual([]);
});

test('a name that only objects have is no code', () => {
  expect(explain('constructor')).toBeUndefined();
});
