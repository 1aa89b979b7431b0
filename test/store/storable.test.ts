import { expect, test } from 'vitest';
import { storable } from '../../src/store/storable.ts';

test('what text cannot hold is replaced, and everything else stays as it is', () => {
  expect(storable('half \ud83d, nothing \0')).toBe('half \ufffd, nothing \ufffd');
  expect(storable('whole \u{1f600}, é')).toBe('whole \u{1f600}, é');
});
