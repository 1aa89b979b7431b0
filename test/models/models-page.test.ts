import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { validateText } from '../manifest/manifests.ts';

test('what the page on models shows is valid, and shows every provider', () => {
  const page = readFileSync(new URL('../../docs/models.md', import.meta.url), 'utf8');
  const shown = Array.from(page.matchAll(/```yaml\n([\s\S]*?)```/g), ([, text]) => text ?? '').join('---\n');
  expect(validateText(shown).problems).toEqual([]);
  const listed = Array.from(page.matchAll(/^\| `(\w+)`/gm), ([, name]) => name);
  const written = new Set(Array.from(shown.matchAll(/provider: (\w+)/g), ([, name]) => name));
  expect(written).toEqual(new Set(listed));
});
