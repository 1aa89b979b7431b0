import { describe, expect, test } from 'vitest';
import { findSecrets, maskSecrets } from '../../src/manifest/secret-literal.ts';

describe('a hostile text costs no more than its length', () => {
  const size = 256 * 1024;
  const seeds = [
    'sk-',
    'eyJ',
    'eyJaaaaaaaa.',
    'glpat-',
    '-----BEGIN PRIVATE KEY-----',
    '-----BEGIN ',
    '://a:',
    '://:',
    'Bearer ',
    'bearer a',
    'Basic ',
    'basic YTpi',
    'AKIA',
    'github_pat_',
    'xoxb-',
    'SG.',
    'SG.aaaaaaaaaaaaaaaa.',
    'LS0tLS1CRUdJTi',
    'c2st',
    'key ',
    'key: ',
    'token=',
    'password:password:',
    'a'.repeat(64),
    `${'a'.repeat(32)} `,
    'a_'.repeat(16),
    'A1',
    'AccountKey=',
    ';base64,',
    'pypi-',
    'AGE-SECRET-KEY-1',
    '\\"',
    '9',
  ];

  test.each(seeds)('%j', (seed) => {
    const text = seed.repeat(Math.ceil(size / seed.length)).slice(0, size);
    const started = performance.now();
    findSecrets({ token: text, [text.slice(0, 1000)]: [text] });
    maskSecrets(text);
    // Quadratic work takes minutes.
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});
