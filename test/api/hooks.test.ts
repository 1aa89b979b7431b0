import { createHash, createHmac } from 'node:crypto';
import { connect } from 'node:net';
import { sql } from 'kysely';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { webhookDoor } from '../../src/app-triggers.ts';
import { type ApiServer, startServer } from '../../src/api/server.ts';
import type { JsonObject } from '../../src/manifest/json.ts';
import type { Database } from '../../src/store/database.ts';
import { type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { bundleOf, environment, install } from '../support/runs.ts';
import { applyTriggers } from '../support/triggers.ts';
import { recordingOperations } from './answers.ts';
import { identify } from './fixture.ts';

const secret = 'canary-8f1c7a-of-the-webhook';

function hook(profile: string, rest: JsonObject = {}, auth: JsonObject = {}): JsonObject {
  return {
    suspend: false,
    auth: { profile, secretRef: { name: 'hooks', key: 'key' }, ...auth },
    dedupe: { window: '24h' },
    task: { systemRef: 'work', priority: 5 },
    ...rest,
  };
}

const hooks: Readonly<Record<string, JsonObject>> = {
  'TaskWebhook/github': hook('github', {
    input: { title: '${ payload.title }' },
    filter: 'payload.action == "opened"',
  }),
  'TaskWebhook/gitlab': hook('gitlab'),
  'TaskWebhook/token': hook('sharedToken', {}, { tokenHeader: 'X-Hook-Token' }),
  'TaskWebhook/generic': hook(
    'generic',
    {},
    {
      signatureHeader: 'X-Sig',
      signaturePrefix: 'v0=',
      algorithm: 'sha512',
      encoding: 'base64',
      timestampHeader: 'X-Time',
    },
  ),
  'TaskWebhook/quiet': hook('gitlab', { suspend: true }),
  'TaskWebhook/list': hook('gitlab', { input: '${ payload.list }' }),
  'TaskWebhook/lost': hook('gitlab', { task: { systemRef: 'nowhere', priority: 5 } }),
  'TaskWebhook/locked': hook('gitlab', {}, { secretRef: { name: 'hooks', key: 'other' } }),
  'Secret/hooks': { source: 'env', keys: { key: 'PAWL_SECRET_HOOK', other: 'PAWL_SECRET_ABSENT' } },
};

const opened = JSON.stringify({ action: 'opened', title: 'It burns' });

function sign(body: string, key = secret): string {
  return `sha256=${createHmac('sha256', key).update(body).digest('hex')}`;
}

describe('the door of webhooks', () => {
  let stored: OpenedDatabase;
  let database: Database;
  let server: ApiServer;
  let said = '';

  beforeAll(async () => {
    stored = await openTestDatabase('embedded');
    database = stored.database;
    const bundle = bundleOf({ nodes: { only: { tool: 'echo' } } });
    const schema = { type: 'object', properties: { title: { type: 'string' } } };
    await install(database, { ...bundle, input: { schema } });
    await applyTriggers(database, { set: hooks });
    const secrets: Parameters<typeof webhookDoor>[1] = ({ at }) =>
      Promise.resolve(
        at === 'PAWL_SECRET_HOOK'
          ? { kind: 'read', value: secret }
          : { kind: 'unread', reason: 'env_missing', why: 'it is not there' },
      );
    server = await startServer({
      operations: () => recordingOperations([]),
      identify,
      version: '0',
      log: pino({ level: 'trace' }, { write: (line: string) => void (said += line) }),
      ready: () => Promise.resolve(),
      hooks: webhookDoor(database, secrets),
      hookLimits: { bodyMs: 300, perSecond: 1_000, burst: 1_000 },
      port: 0,
    });
  });
  afterAll(async () => {
    await server.close();
    await stored.close();
  });
  beforeEach(async () => {
    await sql`delete from delivery`.execute(database.db);
    await sql`delete from run`.execute(database.db);
  });

  async function post(name: string, body: string | Uint8Array, headers: Record<string, string> = {}) {
    const path = name.includes('/') ? name : `${environment}/default/${name}`;
    const answer = await fetch(`${server.address}/hooks/${path}`, { method: 'POST', body, headers });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown>, headers: answer.headers };
  }

  async function runs(): Promise<readonly Record<string, unknown>[]> {
    return (await sql<Record<string, unknown>>`select id, input, cause, submitted_by from run`.execute(database.db))
      .rows;
  }

  test('a signed request starts a run, which says what caused it', async () => {
    const answer = await post('github', opened, { 'x-hub-signature-256': sign(opened), 'x-github-delivery': 'd-1' });
    expect([answer.status, answer.body]).toEqual([202, { status: 'started', run: expect.any(String) }]);
    expect(await runs()).toEqual([
      {
        id: answer.body['run'],
        input: { title: 'It burns' },
        cause: { kind: 'webhook', webhook: 'default/github', delivery: 'd-1' },
        submitted_by: 'TaskWebhook/default/github',
      },
    ]);
  });

  test('without the right signature it is refused, always by the same answer, and nothing is kept of it', async () => {
    const cases: readonly Record<string, string>[] = [
      {},
      { 'x-hub-signature-256': sign(opened, 'another-secret') },
      { 'x-hub-signature': `sha1=${createHmac('sha1', secret).update(opened).digest('hex')}` },
      { 'x-hub-signature-256': sign(opened).slice(0, -2) },
      { 'x-hub-signature-256': `${sign(opened)}00` },
      { 'x-hub-signature-256': sign(opened).replace('sha256=', 'sha1=') },
      { 'x-hub-signature-256': sign(opened).slice('sha256='.length) },
      { 'x-hub-signature-256': 'sha256=' },
      { 'x-hub-signature-256': sign(`${opened} `) },
    ];
    const answers = [];
    for (const headers of cases) answers.push(await post('github', opened, headers));
    expect(answers.map(({ status }) => status)).toEqual(cases.map(() => 401));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(answers[0]?.body['code']).toBe('webhook.unauthenticated');
    // The signature is of bytes: the same JSON with another space in it is another body.
    expect((await post('github', opened.replace(':', ': '), { 'x-hub-signature-256': sign(opened) })).status).toBe(401);
    const { rows } = await sql`select from delivery`.execute(database.db);
    expect([await runs(), rows]).toEqual([[], []]);
  });

  test('the other profiles prove it in their own way', async () => {
    expect((await post('gitlab', '{}', { 'x-gitlab-token': secret })).status).toBe(202);
    expect((await post('gitlab', '{}', { 'x-gitlab-token': `${secret}x` })).status).toBe(401);
    expect((await post('gitlab', '{}')).status).toBe(401);
    expect((await post('token', '{}', { 'x-hook-token': secret })).status).toBe(202);
    expect((await post('token', '{}', { 'x-gitlab-token': secret })).status).toBe(401);
    const generic = async (time: string, body = '{}') => {
      const signature = createHmac('sha512', secret).update(`${time}.${body}`).digest('base64');
      return (await post('generic', body, { 'x-sig': `v0=${signature}`, 'x-time': time })).status;
    };
    const now = Math.floor(Date.now() / 1_000);
    expect(await generic(String(now))).toBe(202);
    expect(await generic(String(now - 200), '{"a":1}')).toBe(202);
    expect([await generic(String(now - 400)), await generic(String(now + 400)), await generic(`${now}.0`)]).toEqual([
      401, 401, 401,
    ]);
  });

  test('what is not there is not found, and neither is what is no address of a webhook', async () => {
    const unknown = await post('nobody', '{}', { 'x-gitlab-token': secret });
    expect([unknown.status, unknown.body['code']]).toEqual([404, 'webhook.unknown']);
    expect((await post('elsewhere/default/gitlab', '{}', { 'x-gitlab-token': secret })).status).toBe(404);
    expect((await post(`${environment}/default/..%2f..%2fv1`, '{}')).status).toBe(404);
  });

  test('the same delivery again starts nothing, and is answered with the same run', async () => {
    const headers = { 'x-hub-signature-256': sign(opened), 'x-github-delivery': 'd-2' };
    const many = await Promise.all(Array.from({ length: 5 }, () => post('github', opened, headers)));
    expect(many.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202]);
    expect(new Set(many.map(({ body }) => body['run'])).size).toBe(1);
    expect(many.filter(({ body }) => body['status'] === 'started')).toHaveLength(1);
    expect(await runs()).toHaveLength(1);
    // Where the sender names no delivery, the digest of the body does.
    await post('gitlab', '{"a":1}', { 'x-gitlab-token': secret });
    expect((await post('gitlab', '{"a":1}', { 'x-gitlab-token': secret })).body['status']).toBe('duplicate');
    const digest = `sha256:${createHash('sha256').update('{"a":1}').digest('hex')}`;
    const { rows } = await sql`select delivery from delivery where webhook = 'default/gitlab'`.execute(database.db);
    expect(rows).toEqual([{ delivery: digest }]);
  });

  test('after the window the same delivery is a new one', async () => {
    const headers = { 'x-hub-signature-256': sign(opened), 'x-github-delivery': 'd-3' };
    await post('github', opened, headers);
    await sql`update delivery set expires_at = now() - interval '1 second'`.execute(database.db);
    expect((await post('github', opened, headers)).body['status']).toBe('started');
    expect(await runs()).toHaveLength(2);
  });

  test('the filter lets in what is true, leaves out what is false, and refuses what is neither', async () => {
    const closed = JSON.stringify({ action: 'closed' });
    const other = JSON.stringify({ other: true });
    expect((await post('github', closed, { 'x-hub-signature-256': sign(closed) })).body).toEqual({
      status: 'filtered',
    });
    const failed = await post('github', other, { 'x-hub-signature-256': sign(other) });
    expect([failed.status, failed.body['code']]).toEqual([422, 'webhook.filter_failed']);
    const { rows } = await sql`select outcome, error ->> 'code' as code from delivery order by received_at`.execute(
      database.db,
    );
    expect(rows).toEqual([
      { outcome: 'filtered', code: null },
      { outcome: 'refused', code: 'webhook.filter_failed' },
    ]);
    expect(await runs()).toEqual([]);
  });

  test('an input that does not fit is refused and recorded, and taken once it fits', async () => {
    const wrong = JSON.stringify({ action: 'opened', title: 3 });
    const headers = { 'x-hub-signature-256': sign(wrong), 'x-github-delivery': 'd-4' };
    const answer = await post('github', wrong, headers);
    expect([answer.status, answer.body['code']]).toEqual([422, 'run.input_invalid']);
    const right = { 'x-hub-signature-256': sign(opened), 'x-github-delivery': 'd-4' };
    expect((await post('github', opened, right)).body['status']).toBe('started');
    const list = await post('list', '{"list":[1]}', { 'x-gitlab-token': secret });
    expect([list.status, list.body['code']]).toEqual([422, 'run.input_invalid']);
    const lost = await post('lost', '{}', { 'x-gitlab-token': secret });
    expect([lost.status, lost.body['code']]).toEqual([422, 'run.system_unknown']);
  });

  test('suspended, a request that proves itself is taken and ignored', async () => {
    const answer = await post('quiet', '{}', { 'x-gitlab-token': secret });
    expect([answer.status, answer.body]).toEqual([202, { status: 'suspended' }]);
    expect((await post('quiet', '{}')).status).toBe(401);
    const { rows } = await sql`select outcome from delivery`.execute(database.db);
    expect([rows, await runs()]).toEqual([[{ outcome: 'suspended' }], []]);
  });

  test.each([
    ['a key twice', '{"a":1,"a":2}'],
    ['deep nesting', '['.repeat(100) + ']'.repeat(100)],
    ['a form', 'payload=%7B%7D'],
    ['nothing', ''],
    ['a reserved key', '{"__proto__":{}}'],
    ['bytes that are no text', Buffer.from([0x22, 0xff, 0x22])],
  ])('a body with %s is refused', async (_what, body) => {
    const answer = await post('gitlab', body, { 'x-gitlab-token': secret });
    expect([answer.status, answer.body['code']]).toEqual([400, 'webhook.malformed']);
  });

  /** Sends what a client library would not, and gives what came back until the other side closed. */
  function raw(head: string, chunks: readonly string[]): Promise<string> {
    return new Promise((resolve) => {
      let answer = '';
      const socket = connect(Number(new URL(server.address).port), '127.0.0.1');
      socket.setTimeout(8_000, () => socket.destroy());
      socket.on('data', (data) => {
        answer += data.toString();
        if (answer.includes('"code"')) socket.destroy();
      });
      socket.on('close', () => resolve(answer));
      socket.on('error', () => resolve(answer));
      socket.write(`POST /hooks/${environment}/default/gitlab HTTP/1.1\r\nhost: hooks.example.com\r\n${head}\r\n\r\n`);
      for (const chunk of chunks) socket.write(chunk);
    });
  }

  test('a body of two mebibytes is refused, whether its length is told or not', async () => {
    const told = await raw('content-length: 2097152', ['{}']);
    expect(told).toMatch(/^HTTP\/1\.1 413 [\s\S]*webhook\.too_large/);
    const chunk = 'a'.repeat(65_536);
    const untold = await raw(
      'transfer-encoding: chunked',
      Array.from({ length: 32 }, () => `10000\r\n${chunk}\r\n`),
    );
    expect(untold).toMatch(/^HTTP\/1\.1 413 [\s\S]*webhook\.too_large/);
  });

  test('a body that does not come is not waited for', async () => {
    expect(await raw('content-length: 100', ['{"a"'])).toMatch(/^HTTP\/1\.1 408 [\s\S]*webhook\.too_slow/);
    expect(await raw('transfer-encoding: chunked', ['1\r\n{\r\n'])).toMatch(/^HTTP\/1\.1 408 /);
  });

  test('a secret that cannot be read lets nothing in, and is worth sending again', async () => {
    const answer = await post('locked', '{}', { 'x-gitlab-token': '' });
    expect([answer.status, answer.body['code']]).toEqual([503, 'webhook.secret_unavailable']);
    expect(answer.headers.get('retry-after')).toBe('5');
  });

  test('it opens no other door, and the secret is in no row, answer or line of the log', async () => {
    expect((await fetch(`${server.address}/v1/status`)).status).toBe(401);
    const texts = [said];
    for (const table of ['delivery', 'run', 'event', 'schedule', 'tick', 'spec']) {
      const { rows } = await sql`select * from ${sql.table(table)}`.execute(database.db);
      texts.push(JSON.stringify(rows));
    }
    for (const form of [secret, Buffer.from(secret).toString('base64'), Buffer.from(secret).toString('hex')])
      expect(texts.join('\n').includes(form)).toBe(false);
  });
});
