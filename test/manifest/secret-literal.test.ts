import { describe, expect, test } from 'vitest';
import { excerptLine } from '../../src/manifest/excerpt.ts';
import { promptFiles, resolveTexts, validateText, validFiles } from './manifests.ts';

/** Made of parts, so that no scanner takes the test for a leak. */
const secrets: readonly (readonly [string, string])[] = [
  ['a private key', ['-----BEGIN', 'RSA PRIVATE', 'KEY-----MIIEowIBAAKCAQEA'].join(' ')],
  ['a JSON Web Token', ['eyJhbGciOiJIUzI1NiJ9', 'eyJzdWIiOiIxMjM0In0', 'dozjgNryP4J3jVmNHl0w'].join('.')],
  ['an AWS access key', `AKIA${'IOSFODNN7EXAMPLE'}`],
  ['a GitHub token', `ghp_${'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'}`],
  ['an OpenAI-like key', `sk-${'proj-a1B2c3D4e5F6g7H8i9J0k1L2'}`],
  ['a Stripe-like key', `sk_live_${'a1B2c3D4e5F6g7H8'}`],
  ['a Slack token', `xoxb-${'123456789012-abcdefABCDEF'}`],
  ['a Google key', `AIza${'SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q'}`],
  ['a password in a URL', `postgres://app:${'hunter2hunter2'}@db.example.com/x`],
  ['a bearer token', `Bearer ${'abcdef0123456789abcdef'}`],
];

/** A text as double-quoted YAML: the same in every place. */
const quoted = (text: string) => JSON.stringify(text);

describe('a literal secret in any string is refused, and its value is not repeated', () => {
  test.each(secrets)('%s', (_what, secret) => {
    // Of a URL only the password is secret.
    const core = secret.includes('://') ? 'hunter2' : secret.slice(-12);
    const places = [
      `apiVersion: pawl/v1\nkind: Agent\nmetadata: {name: a}\nspec:\n  modelRef: m\n  prompt: ${quoted(`Use ${secret} to log in.`)}\n`,
      `apiVersion: pawl/v1\nkind: Secret\nmetadata: {name: a}\nspec: {source: env, keys: {k: ${quoted(secret)}}}\n`,
      `apiVersion: pawl/v1\nkind: ${quoted(secret)}\n`,
      `apiVersion: ${quoted(secret)}\nkind: Agent\n`,
      `apiVersion: pawl/v1\nkind: Agent\nmetadata: {name: ${quoted(secret)}}\nspec: {${quoted(secret)}: 1}\n`,
      `apiVersion: pawl/v1\nkind: Tool\nmetadata: {name: t}\nspec: {type: ${quoted(secret)}, description: d, inputSchema: {${quoted(secret)}: 1}}\n`,
    ];
    for (const text of places) {
      const { problems } = validateText(text);
      expect(problems.map(({ code }) => code)).toContain('manifest.secret_literal');
      expect(JSON.stringify(problems)).not.toContain(core);
      for (const problem of problems) expect(excerptLine(text, problem) ?? '').not.toContain(core);
    }
  });

  test('a credential of no known shape is found by the name it stands under', () => {
    const text = `apiVersion: pawl/v1\nkind: Tool\nmetadata: {name: t}\nspec:\n  http:\n    headers:\n      X-Api-Key: ${'0a1b2c3d4e5f6a7b8c9d'}\n`;
    const problem = validateText(text).problems.find(({ code }) => code === 'manifest.secret_literal');
    expect([problem?.line, problem?.column]).toEqual([7, 18]);
    expect(problem && excerptLine(text, problem)).toBe(`      X-Api-Key: ${'•'.repeat(20)}`);
  });

  test('one in a prompt file or a script is found too', () => {
    const secret = secrets[3]?.[1] ?? '';
    const { problems } = resolveTexts(validFiles, {
      prompts: { ...promptFiles, 'agents/prompts/triage.md': `Token: ${secret}` },
    });
    expect(problems.map(({ code, file }) => [code, file])).toEqual([
      ['manifest.secret_literal', 'agents/prompts/triage.md'],
    ]);
    expect(JSON.stringify(problems)).not.toContain(secret);
  });
});

test.each([
  'sk-learn-based-classification-of-tickets',
  'The token budget is 20000 tokens a run.',
  'https://example.com:8443/path@x',
  'basic understanding of tickets',
  'Bearer tokens are sent in a header.',
  'PAWL_SECRET_MODELS_TOKEN',
  'eyJ is how a token starts',
])('ordinary text is left alone: %s', (text) => {
  const { problems } = validateText(
    `apiVersion: pawl/v1\nkind: Agent\nmetadata: {name: a}\nspec:\n  modelRef: m\n  prompt: ${quoted(text)}\n`,
  );
  expect(problems).toEqual([]);
});

test('an excerpt keeps its width, so that a caret stands under its token', () => {
  const text = `a: "${secrets[1]?.[1]}" # and more`;
  const line = excerptLine(text, { code: 'manifest.type', line: 1, column: 1 });
  expect(line?.length).toBe(text.length);
  expect(line).toContain('# and more');
  expect(excerptLine(text, { code: 'manifest.type', line: 2, column: 1 })).toBeUndefined();
});
