import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalText } from '../../src/manifest/digest.ts';
import type { Json } from '../../src/manifest/json.ts';
import { bundleText } from '../../src/policy/bundle-text.ts';

test('the text of a bundle is its canonical JSON, whatever is kept of it', () => {
  const fragments = new WeakMap<object, string>();
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const json = value as Json;
      expect(bundleText(json, { fragments, has: () => true })).toBe(canonicalText(json));
      expect(bundleText(json, { fragments, has: () => false })).toBe(canonicalText(json));
    }),
  );
});

test('what JSON cannot hold is refused', () => {
  const shared = { fragments: new WeakMap<object, string>(), has: () => false };
  expect(() => bundleText(Number.NaN, shared)).toThrow(TypeError);
});
