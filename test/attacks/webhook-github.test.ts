import { createHmac } from 'node:crypto';
import { connect } from 'node:net';
import { sql } from 'kysely';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ApiServer, startServer } from '../../src/api/server.ts';
import { webhookDoor } from '../../src/github/webhook.ts';
import { openMessages, sweepInbox } from '../../src/store/inbox.ts';
import { recordingOperations } from '../api/answers.ts';
import { identify } from '../api/fixture.ts';
import { type OpenedDatabase, openTestDatabase } from '../support/databases.ts';

const secret = 'canary-2b9d41-of-the-webhook';
const repository = { owner: 'acme', repo: 'agents' };

const opened = JSON.stringify({
  action: 'opened',
  number: 7,
  pull_request: { number: 7, title: 'canary-title', head: { sha: 'f'.repeat(40) } },
  repository: { full_name: 'acme/agents' },
});

function sign(body: string | Uint8Array, key = secret, algorithm = 'sha256'): string {
  return `${algorithm}=${createHmac(algorithm, key).update(body).digest('hex')}`;
}

let sent = 0;

function headersFor(body: string | Uint8Array, more: Record<string, string> = {}): Record<string, string> {
  sent += 1;
  return {
    'content-type': 'application/json',
    'x-github-event': 'pull_request',
    'x-github-delivery': `delivery-${sent}`,
    'x-hub-signature-256': sign(body),
    ...more,
  };
}

describe('the webhook of GitHub', () => {
  let stored: OpenedDatabase;
  let server: ApiServer;
  let key: string | undefined = secret;
  let said = '';
  let woken = 0;

  beforeAll(async () => {
    stored = await openTestDatabase('embedded');
    const { database } = stored;
    await database.listen('pawl_hint', () => {
      woken += 1;
    });
    const log = pino({ level: 'trace' }, { write: (line: string) => void (said += line) });
    server = await startServer({
      operations: () => recordingOperations([]),
      identify,
      version: '0',
      log,
      ready: () => Promise.resolve(),
      githubHook: webhookDoor({ database, repositories: [repository], secret: async () => key, log }),
      hookLimits: { bodyMs: 300, perSecond: 1_000, burst: 1_000 },
      port: 0,
    });
  });
  afterAll(async () => {
    await server.close();
    await stored.close();
  });
  beforeEach(async () => {
    key = secret;
    [said, woken] = ['', 0];
    await sql`delete from inbox`.execute(stored.database.db);
  });

  async function post(body: string | Uint8Array, headers = headersFor(body)) {
    const answer = await fetch(`${server.address}/hooks/github`, { method: 'POST', body, headers });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }

  const inbox = () => openMessages(stored.database.db, 'acme/agents');

  test('one that is signed is kept once, with where to look and nothing else, and wakes the loop', async () => {
    const headers = headersFor(opened);
    expect(await post(opened, headers)).toEqual({ status: 202, body: { status: 'stored' } });
    expect(await post(opened, headers)).toEqual({ status: 202, body: { status: 'duplicate' } });
    expect((await inbox()).map(({ event, hint }) => ({ event, hint }))).toEqual([
      { event: 'pull_request', hint: { action: 'opened', number: 7 } },
    ]);
    expect(woken).toBe(1);
  });

  test.each<[string, (body: string) => Record<string, string>]>([
    ['no signature', () => ({ 'x-hub-signature-256': '' })],
    ['the signature of another secret', (body) => ({ 'x-hub-signature-256': sign(body, 'another') })],
    [
      'a SHA-1 signature alone',
      (body) => ({ 'x-hub-signature-256': '', 'x-hub-signature': sign(body, secret, 'sha1') }),
    ],
    ['a SHA-1 signature in its place', (body) => ({ 'x-hub-signature-256': sign(body, secret, 'sha1') })],
    ['a SHA-512 signature', (body) => ({ 'x-hub-signature-256': sign(body, secret, 'sha512') })],
    ['a signature that is cut', (body) => ({ 'x-hub-signature-256': sign(body).slice(0, -1) })],
    ['a longer signature', (body) => ({ 'x-hub-signature-256': `${sign(body)}0` })],
    ['a signature in capitals', (body) => ({ 'x-hub-signature-256': sign(body).toUpperCase() })],
    ['a signature without its prefix', (body) => ({ 'x-hub-signature-256': sign(body).slice(7) })],
    ['two signatures', (body) => ({ 'x-hub-signature-256': `${sign('x')}, ${sign(body)}` })],
    ['the signature of nothing', () => ({ 'x-hub-signature-256': sign('') })],
  ])('with %s it is refused and leaves nothing', async (_name, more) => {
    const answer = await post(opened, headersFor(opened, more(opened)));
    expect([answer.status, answer.body['code']]).toEqual([401, 'github.webhook_unauthenticated']);
    expect(await inbox()).toEqual([]);
    expect(woken).toBe(0);
    expect(said).not.toContain('canary');
  });

  test('a body that says the same in other bytes is another body', async () => {
    const headers = headersFor(opened);
    for (const body of [` ${opened}`, `${opened}\n`, JSON.stringify(JSON.parse(opened), null, 1), `\uFEFF${opened}`]) {
      expect((await post(body, headers)).status).toBe(401);
    }
    const broken = Buffer.concat([Buffer.from(opened), Buffer.from([0xff])]);
    expect((await post(broken, headersFor(broken))).status).toBe(401);
    expect((await post('', headersFor(''))).status).toBe(401);
  });

  test.each<[string, string]>([
    ['no JSON', 'action=opened'],
    ['a list', '[1]'],
    ['a key twice', '{"repository":{"full_name":"evil/x"},"repository":{"full_name":"acme/agents"}}'],
    ['a key twice within', '{"repository":{"full_name":"acme/agents","full_name":"evil/x"}}'],
    ['a deep nest', `{"repository":{"full_name":"acme/agents"},"a":${'['.repeat(500)}${']'.repeat(500)}}`],
    ['a key twice by an escape', '{"repository":{"full_name":"acme/agents","full\\u005fname":"evil/x"}}'],
  ])('with %s it is malformed, signed or not', async (_name, body) => {
    const answer = await post(body);
    expect([answer.status, answer.body['code']]).toEqual([400, 'github.webhook_malformed']);
    expect(await inbox()).toEqual([]);
  });

  test.each([
    ['no delivery', { 'x-github-delivery': '' }],
    ['a delivery that is none', { 'x-github-delivery': "x'; drop table inbox" }],
    ['an endless delivery', { 'x-github-delivery': 'a'.repeat(101) }],
    ['no event', { 'x-github-event': '' }],
    ['an event that is none', { 'x-github-event': '../../etc' }],
  ])('with %s it is malformed', async (_name, more) => {
    expect((await post(opened, headersFor(opened, more))).status).toBe(400);
    expect(await inbox()).toEqual([]);
  });

  test('facts of another form than GitHub sends are left out of the hint', async () => {
    const body = JSON.stringify({
      action: { $ne: 1 },
      number: '7; drop',
      ref: 'x'.repeat(300),
      comment: { id: -1 },
      repository: { full_name: 'ACME/Agents' },
    });
    expect((await post(body)).status).toBe(202);
    expect((await inbox()).map(({ hint }) => hint)).toEqual([{}]);
  });

  test('the commits that a push names are not believed: only where to look is kept', async () => {
    const repository = { full_name: 'acme/agents' };
    const push = { ref: 'refs/heads/main', before: '0'.repeat(40), after: 'f'.repeat(40), forced: true, repository };
    const body = JSON.stringify({ ...push, head_commit: { id: 'f'.repeat(40) }, commits: [{ id: 'f'.repeat(40) }] });
    const headers = headersFor(body, { 'x-github-event': 'push' });
    expect((await post(body, headers)).status).toBe(202);
    expect((await inbox()).map(({ hint }) => hint)).toEqual([{ ref: 'refs/heads/main' }]);
  });

  test('an unknown repository is ignored, and audited once an hour', async () => {
    for (const name of ['evil/agents', 'acme/agents2', 'acme/agents/x', 'аcme/agents']) {
      const body = JSON.stringify({ repository: { full_name: name } });
      for (let again = 0; again < 2; again += 1) {
        expect(await post(body)).toEqual({ status: 202, body: { status: 'ignored' } });
      }
    }
    expect(await inbox()).toEqual([]);
    const { rows } = await sql<{ repository: string }>`
      select detail ->> 'repository' as repository from event where action = 'webhook.ignored' order by id
    `.execute(stored.database.db);
    // The other two are no names of repositories at all.
    expect(rows).toEqual([{ repository: 'evil/agents' }, { repository: 'acme/agents2' }]);
  });

  test('without a secret nothing is taken, however it is signed', async () => {
    for (const none of [undefined, '']) {
      key = none;
      const answer = await post(opened, headersFor(opened, { 'x-hub-signature-256': sign(opened, none ?? '') }));
      expect([answer.status, answer.body['code']]).toEqual([404, 'github.webhook_disabled']);
    }
    expect(said).toContain('PAWL_GITHUB_WEBHOOK_SECRET is not set');
  });

  test('a new secret counts from the next webhook on', async () => {
    key = 'another';
    expect((await post(opened)).status).toBe(401);
    expect((await post(opened, headersFor(opened, { 'x-hub-signature-256': sign(opened, 'another') }))).status).toBe(
      202,
    );
  });

  test('a body over the limit is refused before anything of it is looked at, whatever is said of its length', async () => {
    const body = JSON.stringify({ repository: { full_name: 'acme/agents' }, fill: 'x'.repeat(2 * 1024 * 1024) });
    const answer = await fetch(`${server.address}/hooks/github`, { method: 'POST', body, headers: headersFor(body) });
    expect(answer.status).toBe(413);
    const stream = new Blob([body]).stream();
    const chunked = { method: 'POST', body: stream, headers: headersFor(body), duplex: 'half' } as RequestInit;
    // The connection is closed while the rest is still being sent, which a client may see before the answer.
    const status = await fetch(`${server.address}/hooks/github`, chunked).then(
      (response) => response.status,
      () => 413,
    );
    expect(status).toBe(413);
    expect(await inbox()).toEqual([]);
  });

  test('a body that drips is not waited for', async () => {
    const { port, hostname } = new URL(server.address);
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname);
      let text = '';
      socket.on('data', (chunk) => {
        text += String(chunk);
        if (text.includes('\r\n')) socket.destroy();
      });
      socket.on('close', () => resolve(text)).on('error', reject);
      socket.write('POST /hooks/github HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{');
    });
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });

  test('what is old goes from the inbox, whether anybody acted on it or not', async () => {
    await post(opened);
    await post(opened);
    await sql`update inbox set received_at = now() - interval '8 days' where delivery = ${`delivery-${sent}`}`.execute(
      stored.database.db,
    );
    expect(await sweepInbox(stored.database.db)).toBe(1);
    expect(await inbox()).toHaveLength(1);
  });
});

test('a flood of webhooks from one source is held back before their signatures are looked at', async () => {
  let asked = 0;
  const server = await startServer({
    operations: () => recordingOperations([]),
    identify,
    version: '0',
    log: pino({ level: 'silent' }),
    ready: () => Promise.resolve(),
    githubHook: async () => {
      asked += 1;
      return { status: 'stored' };
    },
    hookLimits: { perSecond: 1, burst: 10 },
    port: 0,
  });
  try {
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => fetch(`${server.address}/hooks/github`, { method: 'POST', body: '{}' })),
    );
    expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(28);
    expect(asked).toBeLessThanOrEqual(12);
  } finally {
    await server.close();
  }
});
