import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parseDocuments } from '../../src/manifest/document.ts';
import type { Json } from '../../src/manifest/json.ts';
import { findSecrets, maskSecrets, secretKind } from '../../src/manifest/secret-literal.ts';

/** Letters and digits as a generator gives them. Built here, so that no scanner takes the test for a leak. */
const base62 = (length: number) => letters('Kq7Zt2Lw9Xb4Rn8Vd3Hf6Jm1Pc5SgYaTeUiO0', length);
const hex = (length: number) => letters('3f9a0c7e5b1d8246', length);
const upper = (length: number) => letters('Q7ZT2LW9XB4RN8VD', length);
const decimal = (length: number) => letters('4815162342', length);
const letters = (alphabet: string, length: number) =>
  alphabet.repeat(Math.ceil(length / alphabet.length)).slice(0, length);
const base64 = (text: string) => Buffer.from(text).toString('base64');
const jwt = [base64('{"alg":"HS256"}'), base64('{"sub":"12345"}'), base62(43)]
  .map((part) => part.replaceAll('=', ''))
  .join('.');
const pem = (what: string) => `-----BEGIN ${what}-----\n${base62(64)}\n${base62(64)}\n-----END ${what}-----`;
const ghp = `ghp_${base62(36)}`;

/** Eight characters of each generator, as they are and in base64. */
const marks = [base62(8), hex(8), upper(8), upper(8).toLowerCase(), 'hunter2h', base64(ghp).slice(8, 16)];

/** Texts that are credentials wherever they stand. */
const forms: readonly (readonly [string, string])[] = [
  ['AWS access key', `AKIA${upper(16)}`],
  ['AWS session key', `ASIA${upper(16)}`],
  ['GitHub personal token', ghp],
  ['GitHub OAuth token', `gho_${base62(36)}`],
  ['GitHub user token', `ghu_${base62(36)}`],
  ['GitHub server token', `ghs_${base62(36)}`],
  ['GitHub refresh token', `ghr_${base62(76)}`],
  ['GitHub fine-grained token', `github_pat_${base62(22)}_${base62(59)}`],
  ['GitLab personal token', `glpat-${base62(20)}`],
  ['GitLab deploy token', `gldt-${base62(20)}`],
  ['GitLab runner token', `glrt-${base62(20)}`],
  ['GitLab CI token', `glcbt-64_${base62(20)}`],
  ['Slack bot token', `xoxb-${decimal(12)}-${decimal(12)}-${base62(24)}`],
  ['Slack user token', `xoxp-${decimal(12)}-${base62(32)}`],
  ['Slack app token', `xapp-1-A${upper(10)}-${decimal(13)}-${hex(64)}`],
  ['Slack webhook', `https://hooks.slack.com/services/T${upper(8)}/B${upper(8)}/${base62(24)}`],
  ['Discord webhook', `https://discord.com/api/webhooks/${decimal(18)}/${base62(68)}`],
  ['Stripe live key', `sk_live_${base62(24)}`],
  ['Stripe test key', `sk_test_${base62(24)}`],
  ['Stripe restricted key', `rk_live_${base62(24)}`],
  ['Stripe webhook secret', `whsec_${base62(32)}`],
  ['OpenAI key', `sk-${base62(48)}`],
  ['OpenAI project key', `sk-proj-${base62(40)}_${base62(40)}-${base62(40)}`],
  ['OpenAI service account key', `sk-svcacct-${base62(60)}`],
  ['Anthropic key', `sk-ant-api03-${base62(60)}-${base62(32)}AA`],
  ['OpenRouter key', `sk-or-v1-${hex(64)}`],
  ['Google API key', `AIza${base62(35)}`],
  ['Google OAuth secret', `GOCSPX-${base62(28)}`],
  ['Google access token', `ya29.${base62(60)}`],
  ['npm token', `npm_${base62(36)}`],
  ['PyPI token', `pypi-${base62(80)}`],
  ['SendGrid key', `SG.${base62(22)}.${base62(43)}`],
  ['Twilio key', `SK${hex(32)}`],
  ['Hugging Face token', `hf_${base62(34)}`],
  ['Groq key', `gsk_${base62(52)}`],
  ['xAI key', `xai-${base62(80)}`],
  ['Perplexity key', `pplx-${base62(48)}`],
  ['Replicate token', `r8_${base62(37)}`],
  ['DigitalOcean token', `dop_v1_${hex(64)}`],
  ['Shopify token', `shpat_${hex(32)}`],
  ['Atlassian token', `ATATT3${base62(60)}`],
  ['Linear key', `lin_api_${base62(40)}`],
  ['Databricks token', `dapi${hex(32)}`],
  ['Mailgun key', `key-${hex(32)}`],
  ['JSON Web Token', jwt],
  ['RSA key', pem(['RSA PRIVATE', 'KEY'].join(' '))],
  ['PKCS 8 key', pem(['PRIVATE', 'KEY'].join(' '))],
  ['OpenSSH key', pem(['OPENSSH PRIVATE', 'KEY'].join(' '))],
  ['PGP key', pem(['PGP PRIVATE', 'KEY BLOCK'].join(' '))],
  ['age identity', `AGE-SECRET-KEY-1${upper(58)}`],
  ['age identity in lower case', `age-secret-key-1${upper(58).toLowerCase()}`],
  ['age hybrid identity', `AGE-SECRET-KEY-PQ-1${upper(58)}`],
  ['basic credentials in a URL', `https://bot:${base62(12)}@git.internal/x.git`],
  ['PostgreSQL URL', `postgres://app:hunter2${'hunter2'}@db:5432/app`],
  ['Redis URL without a user', `redis://:${base62(16)}@cache:6379`],
  ['MongoDB URL', `mongodb+srv://app:${base62(16)}@cluster0.abc.mongodb.net/x`],
  ['bearer header', `Authorization: Bearer ${base62(32)}`],
  ['bearer header in lower case', `bearer ${hex(40)}`],
  ['basic header', `Authorization: Basic ${base64(`aladdin:${base62(10)}`)}`],
  ['Azure storage', `DefaultEndpointsProtocol=https;AccountName=a;AccountKey=${base62(86)}==;EndpointSuffix=x`],
  ['service bus', `Endpoint=sb://x/;SharedAccessKeyName=root;SharedAccessKey=${base62(43)}=`],
  ['ADO connection string', `Server=tcp:db,1433;User ID=sa;Password=${base62(14)};Encrypt=true`],
  ['libpq connection string', `host=db user=app password=${base62(14)} dbname=x`],
  ['header in a sentence', `Send X-Api-Key: ${base62(24)} with each call.`],
  ['option on a command line', `curl --api-key=${hex(40)} https://example.com`],
  ['AWS secret in a file', `aws_secret_access_key = ${base62(40)}`],
  ['password in a note', `The password: ${'Tr0ub4dor'}&3`],
  ['GitHub token in base64', base64(ghp)],
  ['private key in base64', base64(pem(['EC PRIVATE', 'KEY'].join(' ')))],
  ['AWS key in base64', base64(`AKIA${upper(16)}`)],
  ['URL with a password in base64', base64(`postgres://app:${base62(14)}@db/x`)],
  ['age identity in base64', base64(`AGE-SECRET-KEY-1${upper(58)}`)],
];

/** Values that are credentials because of the name they stand under. */
const named: readonly (readonly [string, Json])[] = [
  ['password', { password: `hunter2${'hunter2'}` }],
  ['password with symbols', { dbPassword: `Summer${'!'}2024` }],
  ['apiKey', { apiKey: hex(32) }],
  ['API key header', { 'X-Api-Key': hex(20) }],
  ['api_key', { service_api_key: base62(24) }],
  ['token', { token: base62(40) }],
  ['accessToken', { accessToken: hex(40) }],
  ['clientSecret', { clientSecret: `${base62(8)}~${base62(24)}` }],
  ['authorization without a scheme', { Authorization: hex(32) }],
  ['cookie', { Cookie: base62(40) }],
  ['secret key', { secret_key: base62(40) }],
  ['variable', [{ name: 'API_TOKEN', value: hex(32) }]],
  ['header', [{ name: 'X-Auth-Token', value: base62(32) }]],
  ['argument', { args: ['--token', base62(32)] }],
  ['argument with a password', { args: ['-v', '--password', `hunter2${'hunter2'}`] }],
];

test.each(forms)('%s is found', (_what, text) => {
  expect(secretKind(text)).toBeDefined();
  const around = `Before ${text} after`;
  const masked = maskSecrets(around);
  expect(masked).toHaveLength(around.length);
  for (const mark of marks) expect(masked).not.toContain(mark);
});

test.each(named)('%s is found by its name', (_what, value) => {
  const [first, ...others] = findSecrets(value);
  expect(first?.part).toBe('value');
  expect(others).toEqual([]);
});

test('a form is found as a value, as a key, and within a longer text', () => {
  for (const [what, text] of forms) {
    for (const value of [{ a: [text] }, { [text]: 1 }, `See ${text} for it.`, `"${text}"`, `x=${text}\n`]) {
      expect(findSecrets(value), what).not.toEqual([]);
    }
  }
});

/** What authors write every day. */
const harmless: readonly Json[] = [
  'The token budget is 20000 tokens a run.',
  'sk-learn-based-classification-of-tickets',
  'sk-learn-2-based-classification-of-tickets-v2',
  'task-0123456789-abcdef-0123456789',
  'https://example.com:8443/path@x',
  'https://user@example.com/path',
  'https://user:password@example.com/',
  'https://user:{password}@example.com/',
  'postgres://app:${PASSWORD}@db/x',
  'postgres://app:<password>@db/x',
  'http://[::1]:8080/a@b',
  'basic understanding of tickets',
  'Basic dXNlcjpwYXNz',
  'Bearer tokens are sent in a header.',
  'Bearer {token}',
  'Bearer $' + '{ input.token }',
  'Bearer token-for-the-2nd-user-of-the-system',
  'PAWL_SECRET_MODELS_TOKEN',
  'eyJ is how a token starts',
  'eyJhbGciOiJIUzI1NiJ9',
  `sha256:${hex(64)}`,
  hex(64),
  hex(40),
  `ghcr.io/example/mcp-tickets:1.4.0@sha256:${hex(64)}`,
  `sha512-${base62(86)}==`,
  '3f2504e0-4f89-41d3-9a0c-0305e82c3301',
  '00000000-0000-0000-0000-000000000000',
  '2024-01-15T10:20:30.000Z',
  'gpt-4o-mini-2024-07-18',
  'claude-3-5-sonnet-20241022',
  'gemini-1.5-pro-002',
  'meta-llama/Llama-3.3-70B-Instruct',
  'text-embedding-3-large',
  'anthropic.claude-3-haiku-20240307-v1:0',
  'projects/123456789012/locations/us-central1/endpoints/1234567890',
  'arn:aws:iam::123456789012:role/agents',
  'tool:send-email:write',
  'capability:billing',
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI public key of a person',
  '-----BEGIN PUBLIC KEY-----',
  '-----BEGIN CERTIFICATE-----',
  `-----BEGIN AGE ENCRYPTED FILE-----\n${base62(64)}\n${base62(64)}\n-----END AGE ENCRYPTED FILE-----`,
  'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kudrgdklqxm8d5p',
  `data:image/png;base64,iVBORw0KGgo${base62(200)}`,
  `![logo](data:image/png;base64,${base64(ghp)}${base62(40)})`,
  'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7',
  'The password: at least eight characters.',
  'password: at-least-8-characters',
  'Password:',
  'Your password: ********',
  'password=<your password>',
  'password=${DB_PASSWORD}',
  'token: {token}',
  'token=$TOKEN',
  'Authorization: Bearer <token>',
  'secret: default/crm-token-2024-rotated',
  'The key: values are sorted by key.',
  'api-key: see the handbook',
  'X-Api-Key: {apiKey}',
  'key=value; other=value',
  'Ask for the API key. Never print it.',
  'AKIA is how an access key starts',
  'AIza is how a Google key starts',
  'xoxb- is how a Slack token starts',
  'xoxb-your-token-goes-here',
  'npm_config_registry=https://registry.example.com',
  'SKIPPED and SKU 1234567890',
  'SG.example.com',
  'https://hooks.example.com/services/T00000000/B00000000',
  'Li4vLi4vYS9iL2MvZC9lL2YvZy9oL2kvag==',
  'aHR0cHM6Ly9leGFtcGxlLmNvbS9hL2IvYw==',
  'c2tpbGxlZCB3b3JrZXJzIGluIHRoZSBmaWVsZA==',
  'Zm9vYmFyYmF6cXV4',
  { password: '' },
  { password: 'PAWL_SECRET_DB_PASSWORD' },
  { password: '{password}' },
  { password: '/run/secrets/db' },
  { password: 'changeme' },
  { password: 'your-password-here' },
  { password: { type: 'string', description: 'At least 8 characters, one of them a digit.', minLength: 8 } },
  { token: 'PAWL_SECRET_CRM_TOKEN' },
  { token: '/run/secrets/crm/token-2024' },
  { token: 'session-token-of-the-support-desk-2024' },
  { token: '3f2504e0-4f89-41d3-9a0c-0305e82c3301' },
  { token: `sha256:${hex(64)}` },
  { token: '{{ token }}' },
  { token: `-----BEGIN AGE ENCRYPTED FILE-----\n${base62(64)}\n-----END AGE ENCRYPTED FILE-----\n` },
  { secretRef: { name: 'crm', key: 'api-token-v2' } },
  { secret: 'support/crm-credentials-v2' },
  { apiKey: 'getUserTokenByIdAndName2' },
  { Authorization: 'Bearer {token}' },
  { tokenUrl: 'https://login.example.com/oauth2/v2.0/token' },
  { maxTokens: 200000, tokens: 'inputPerMTok' },
  { digest: hex(64), commit: hex(40), id: base62(32), image: `x@sha256:${hex(64)}` },
  { recipients: ['age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kudrgdklqxm8d5p'] },
  [{ name: 'LOG_LEVEL', value: 'warn' }],
  [{ name: 'TOKEN', secretRef: { name: 'crm', key: 'token' } }],
  [{ name: 'TOKEN_URL', value: 'https://login.example.com/oauth2/v2.0/token' }],
  ['--token-file', '/run/secrets/crm/token'],
  ['-y', '@modelcontextprotocol/server-everything@2025.9.25'],
];

test.each(harmless.map((value) => [JSON.stringify(value).slice(0, 70), value] as const))(
  '%s is left alone',
  (_shown, value) => {
    expect(findSecrets(value)).toEqual([]);
  },
);

test('there are as many examples as were promised', () => {
  expect(forms.length + named.length).toBeGreaterThanOrEqual(60);
  expect(harmless.length).toBeGreaterThanOrEqual(80);
});

test('nothing in the example repository looks like a credential', async () => {
  const root = fileURLToPath(new URL('../../example-repo/', import.meta.url));
  let files = 0;
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    files += 1;
    const bytes = await readFile(join(entry.parentPath, entry.name));
    expect(secretKind(bytes.toString('utf8')), entry.name).toBeUndefined();
    if (!/\.ya?ml$/.test(entry.name)) continue;
    for (const { value } of parseDocuments({ path: entry.name, bytes }).documents)
      expect(findSecrets(value)).toEqual([]);
  }
  expect(files).toBeGreaterThan(20);
});
