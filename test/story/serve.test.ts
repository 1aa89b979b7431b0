import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { openDatabase } from '../../src/store/database.ts';
import { send } from '../api/fixture.ts';
import type { TestRepository } from '../support/git.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';
import { runProcess, startProcess, type TestProcess } from '../support/processes.ts';
import { exampleRepository, typist } from './example.ts';

const provider = createServer();
const { privateKey, publicKey } = await generateKeyPair('ES256');
let issuer = '';

let folder = '';
let repository: TestRepository;
let made: TestDatabase;
let pawl: ReturnType<typeof typist>;
let adminToken = '';
let served: TestProcess;
let address = '';

beforeAll(async () => {
  [folder, repository, made] = await Promise.all([
    mkdtemp(join(tmpdir(), 'pawl-serve-')),
    exampleRepository(),
    createDatabase(),
  ]);
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }];
  provider.on('request', (asked, response) => {
    const isDiscovery = asked.url === '/.well-known/openid-configuration';
    response.end(JSON.stringify(isDiscovery ? { issuer, jwks_uri: `${issuer}/keys` } : { keys }));
  });
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  const settings = await readFile(join(repository.path, 'pawl.yaml'), 'utf8');
  await repository.commit(
    {
      'pawl.yaml': `${settings}
groups:
  security: { github: { users: [tester] } }
  responders: { oidc: [{ claim: teams, value: on-call }] }
access:
  - { role: operator, namespaces: [support], groups: [responders] }
`,
    },
    'Let responders operate',
  );
  pawl = typist(repository.path, { DATABASE_URL: made.url });
  const applied = await pawl('apply', '--auto-approve', '--ack', 'bootstrap');
  if (applied.exit !== 0) throw new Error(applied.stderr);
}, 120_000);
afterAll(async () => {
  await served?.kill('SIGTERM');
  provider.close();
  await made.drop();
  await repository.remove();
  await rm(folder, { recursive: true });
});

const common = () => ({
  DATABASE_URL: made.url,
  PAWL_LOG_LEVEL: 'warn',
  PAWL_ACTOR: 'tester',
  NATS_URL: undefined,
  PAWL_SERVER: undefined,
});

describe('off the loopback address pawl serve', () => {
  const serving = async (environment: Record<string, string>) => {
    const app = createApp(repository.path, { ...common(), PATH: process.env['PATH'], ...environment });
    return app.serve({ host: '0.0.0.0', port: 0 });
  };

  test('is refused where nobody could prove who they are', async () => {
    await expect(serving({ PAWL_ALLOW_HTTP: '1' })).rejects.toMatchObject({
      code: 'cli.serve_no_identity',
      message: 'Nobody could prove who they are: there is no token, and no identity provider is set.',
      help: 'Make one with `pawl token create`, or set PAWL_OIDC_ISSUER and PAWL_OIDC_AUDIENCE.',
      exit: 64,
    });
  });

  test('is refused where tokens would cross the network in plain text', async () => {
    const created = await pawl('token', 'create', 'root-of-tests', '--role', 'admin', '--expires', '1h');
    expect(created).toMatchObject({ exit: 0, stderr: expect.stringMatching(/^Token \w{12} of root-of-tests: admin/) });
    adminToken = created.stdout.trim();
    expect(adminToken).toMatch(/^pawl_[0-9a-z]{12}_[\w-]{43}$/);
    await expect(serving({})).rejects.toMatchObject({
      code: 'cli.serve_plain_text',
      message: 'Tokens would cross the network in plain text.',
      help: 'Set PAWL_TLS_CERT_FILE and PAWL_TLS_KEY_FILE, or PAWL_TRUSTED_PROXY=1 behind a proxy that ends TLS.',
    });
  });

  test('answers over TLS, for whoever proves who they are', async () => {
    const [certificate, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const kind = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    await promisify(execFile)('openssl', [...kind, '-keyout', key, '-out', certificate, ...subject]);
    const service = await serving({ PAWL_TLS_CERT_FILE: certificate, PAWL_TLS_KEY_FILE: key });
    try {
      expect(service.address).toMatch(/^https:\/\/0\.0\.0\.0:\d+$/);
      const port = Number(new URL(service.address).port);
      const ca = await readFile(certificate);
      const status = (token: string) =>
        new Promise<number | undefined>((resolve, reject) => {
          const headers = { authorization: `Bearer ${token}` };
          const asked = request(
            { host: 'localhost', port, path: '/v1/whoami', ca, headers, agent: false },
            (answer) => {
              answer.resume();
              resolve(answer.statusCode);
            },
          );
          asked.on('error', reject).end();
        });
      expect([await status('x'), await status(adminToken)]).toEqual([401, 200]);
    } finally {
      await service.stop();
    }
  });
});

describe('a command that asks another machine', () => {
  let tokenFile = '';
  const remote = (more: Record<string, string | undefined> = {}) => ({
    ...common(),
    DATABASE_URL: undefined,
    PAWL_SERVER: address,
    PAWL_TOKEN_FILE: tokenFile,
    ...more,
  });
  const typed = (...words: readonly string[]) => typist(repository.path, remote())(...words);

  beforeAll(async () => {
    tokenFile = join(folder, 'token');
    await writeFile(tokenFile, `${adminToken}\n`, { mode: 0o600 });
    served = startProcess({
      entry: 'src/main.ts',
      args: ['serve', '--port', '0'],
      cwd: repository.path,
      env: { ...common(), PAWL_OIDC_ISSUER: issuer, PAWL_OIDC_AUDIENCE: 'pawl', PAWL_TRUSTED_PROXY: '1' },
    });
    address = (await served.waitFor(/at (http:\/\/127\.0\.0\.1:\d+)/, 30_000))[1] ?? '';
  });

  test('is the owner of its token there, and no argument of its process holds it', async () => {
    const asking = startProcess({ entry: 'src/main.ts', args: ['whoami'], cwd: repository.path, env: remote() });
    const secret = adminToken.split('_').slice(2).join('_');
    const seen = await Promise.all(
      [asking.pid, served.pid].flatMap((pid) =>
        ['cmdline', 'environ'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8')),
      ),
    );
    expect(seen.join('\n')).toContain('whoami');
    expect(seen.join('\n')).not.toContain(secret);
    expect(await asking.exited(30_000)).toEqual({ code: 0, signal: null });
    expect(asking.stdout).toContain('root-of-tests (by a token): admin');
    expect(`${asking.stdout}${asking.stderr}${served.stdout}${served.stderr}`).not.toContain(secret);
  });

  test('makes, lists and takes back tokens, and shows none of them twice', async () => {
    const created = await typed('token', 'create', 'bob', '--role', 'operator', '--namespace', 'support', '-o', 'json');
    const { token, record } = JSON.parse(created.stdout) as { token: string; record: { id: string } };
    const listed = await typed('token', 'list');
    expect(listed.stdout).toMatch(new RegExp(`${record.id}\\s+bob\\s+operator in support`));
    expect(listed.stdout).not.toContain(token.split('_')[2]);
    // By the variable itself, where the others come by a file.
    const asBob = typist(repository.path, remote({ PAWL_TOKEN_FILE: undefined, PAWL_TOKEN: token }));
    expect((await asBob('whoami')).stdout).toContain('bob (by a token): operator in support');
    const forbidden = await asBob('token', 'list');
    expect(forbidden).toMatchObject({ exit: 4, stdout: '' });
    expect(forbidden.stderr).toContain('api.forbidden');
    expect(forbidden.stderr).toContain('Nothing that you are lets you administer in all namespaces.');
    expect((await typed('token', 'revoke', record.id)).stdout).toBe(
      `Token ${record.id} of bob lets nobody in any more.\n`,
    );
    expect(await asBob('whoami')).toMatchObject({ exit: 4, stderr: expect.stringContaining('api.unauthorised') });
    const again = await typed('token', 'revoke', record.id);
    expect(again.stderr).toContain('token.unknown');
  });

  test.each([
    ['token.invalid', ['token', 'create', 'two words', '--role', 'reader']],
    ['cli.usage', ['token', 'create', 'bob', '--role', 'reader', '--expires', '10y']],
    ['cli.usage', ['token', 'create', 'bob', '--role', 'root']],
  ])('%s: a token that cannot be made so is refused', async (code, words) => {
    const said = await typed(...words);
    expect([said.exit, said.stdout]).not.toEqual([0, '']);
    expect(said.stderr).toContain(code);
  });

  test('sends no token in plain text off the loopback address', async () => {
    const env = remote({ PAWL_SERVER: 'http://pawl.example' });
    const said = await runProcess({ entry: 'src/main.ts', args: ['status'], cwd: repository.path, env });
    expect(said.code).toBe(64);
    expect(said.stderr).toContain('PAWL_SERVER is http, and would be sent the token in plain text.');
  });
});

describe('a token of the identity provider', () => {
  const signed = (claims: Readonly<Record<string, unknown>> = {}) => {
    const now = Math.floor(Date.now() / 1_000);
    return new SignJWT({ iss: issuer, aud: 'pawl', sub: 'ada', iat: now, exp: now + 300, ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .sign(privateKey);
  };
  const ask = async (claims: Readonly<Record<string, unknown>>, path: string, body?: object) => {
    const headers = { authorization: `Bearer ${await signed(claims)}` };
    const sent = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const answer = await send(address, path, { headers, ...sent });
    return { status: answer.status, body: JSON.parse(answer.body) as Record<string, unknown> };
  };
  const responder = { teams: ['on-call'] };

  test('for another service lets nobody in', async () => {
    expect(await ask({ aud: 'billing', ...responder }, '/v1/whoami')).toMatchObject({
      status: 401,
      body: { code: 'api.unauthorised' },
    });
  });

  test('gives the roles of the groups that its claims prove, where they hold', async () => {
    expect((await ask(responder, '/v1/whoami')).body).toMatchObject({
      name: 'oidc:ada',
      proof: 'oidc',
      environments: [{ groups: ['responders'], roles: [{ role: 'operator', namespaces: ['support'] }] }],
    });
    const halts = '/v1/environments/production/halts';
    const halt = (scope: string) => ask(responder, halts, { scope, reason: 'a test', force: true });
    expect((await halt('namespace/support')).status).toBe(200);
    expect((await halt('namespace/billing')).status).toBe(404);
    expect(await halt('global')).toMatchObject({ status: 403, body: { code: 'api.forbidden' } });
    const resumed = await ask(responder, `${halts}/resume`, { which: 'namespace/support', reason: 'over' });
    expect(resumed).toMatchObject({ status: 200, body: [{ by: 'oidc:ada' }] });
  });

  test('without the claim gives none', async () => {
    const answer = await ask({ teams: ['sales'] }, '/v1/environments/production/halts');
    expect(answer).toMatchObject({ status: 403, body: { code: 'api.forbidden' } });
  });
});

test('doctor counts tokens and asks the provider for its keys, and shows none', async () => {
  const settings = { DATABASE_URL: made.url, PAWL_OIDC_ISSUER: issuer, PAWL_OIDC_AUDIENCE: 'pawl' };
  const { stdout } = await typist(repository.path, settings)('doctor', '-o', 'json');
  const { checks } = JSON.parse(stdout) as { checks: { name: string }[] };
  expect(checks.filter(({ name }) => name.startsWith('identity'))).toEqual([
    { name: 'identity', state: 'ok', detail: `this user, 1 token, identity provider ${issuer}` },
  ]);
});

describe('who fails again and again', () => {
  const from = async (forwarded: string, token: string) => {
    const headers = { authorization: `Bearer ${token}`, 'x-forwarded-for': forwarded };
    const answer = await send(address, '/v1/whoami', { headers });
    return { status: answer.status, body: JSON.parse(answer.body) as { code?: string; detail?: string } };
  };

  test('is told to wait, by the address that the proxy says and not by one that they say themselves', async () => {
    let last = await from('10.1.1.1, 10.9.9.9', 'pawl_bad');
    for (let asked = 0; asked < 200 && last.status === 401; asked += 1) {
      // The first one is the client's own word, and may be another each time.
      last = await from(`10.1.1.${asked}, 10.9.9.9`, 'pawl_bad');
    }
    expect(last).toMatchObject({
      status: 429,
      body: {
        code: 'api.too_many_failures',
        detail: 'Too many requests from this address carried no token that is good.',
      },
    });
    expect((await from('10.9.9.9', adminToken)).status).toBe(429);
    expect((await from('10.9.9.9, 10.8.8.8', adminToken)).status).toBe(200);
    const database = await openDatabase({ url: made.url, applicationName: 'a-test' });
    const { rows } = await sql<{ text: string }>`select row_to_json(e)::text as text from event e`.execute(database.db);
    await database.close();
    const refusals = rows.filter(({ text }) => text.includes('door.refused'));
    expect(refusals.length).toBeGreaterThan(0);
    expect(refusals.length).toBeLessThan(30);
    expect(refusals.some(({ text }) => text.includes('10.9.9.9'))).toBe(true);
  });
});
