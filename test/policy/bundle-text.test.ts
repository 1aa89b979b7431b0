import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalText } from '../../src/manifest/digest.ts';
import type { Json } from '../../src/manifest/json.ts';
import { bundleText, shared } from '../../src/policy/bundle-text.ts';

test('the text of a bundle is its canonical JSON, whatever is kept of it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.boolean(), (value, isKept) => {
      const json = value as Json;
      if (isKept && typeof json === 'object' && json !== null) {
        shared(json);
        for (const part of Object.values(json)) if (typeof part === 'object' && part !== null) shared(part);
      }
      const twice = { once: json, again: [json] };
      expect(bundleText(twice)).toBe(canonicalText(twice));
      expect(bundleText(twice)).toBe(canonicalText(twice));
    }),
  );
});

test('what JSON cannot hold is refused', () => {
  expect(() => bundleText(Number.NaN)).toThrow(TypeError);
});
