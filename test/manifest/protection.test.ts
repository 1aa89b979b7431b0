import { describe, expect, test } from 'vitest';
import { isProtected, protectFinding } from '../../src/manifest/protection.ts';

const having = (annotations: Readonly<Record<string, string>>) => ({ metadata: { name: 'a', annotations } });

describe('protection', () => {
  test('is asked for by the annotation `pawl/protect`', () => {
    expect(isProtected(having({ 'pawl/protect': 'true' }))).toBe(true);
    expect(isProtected(having({ 'pawl/protect': 'false' }))).toBe(false);
    expect(isProtected(having({}))).toBe(false);
    expect(isProtected({ metadata: { name: 'a' } })).toBe(false);
    expect(isProtected(undefined)).toBe(false);
  });

  test.each(['yes', 'True', '', ' true'])('is reported where %j leaves open what is meant', (value) => {
    expect(protectFinding(value)).toEqual({
      code: 'manifest.protect',
      message: '`pawl/protect` is neither "true" nor "false".',
      help: 'Write `pawl/protect: "true"`, or remove the annotation.',
    });
    expect(isProtected(having({ 'pawl/protect': value }))).toBe(false);
  });
});
