import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { armor, Encrypter, generateIdentity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { send } from '../api/fixture.ts';
import { createApp } from '../../src/app.ts';
import { type Said, say } from '../cli/fixture.ts';
import { createRepository, type TestRepository } from '../support/git.ts';
import { bodyOf, listen, type LoopbackServer } from '../support/loopback.ts';
import { type ModelServer, startModelServer } from '../support/model-server.ts';
import { createDatabase } from '../support/postgres.ts';
import { startProcess, type TestProcess } from '../support/processes.ts';
import { dump } from './canary-places.ts';
import { echoOf, traces } from './canary-spelling.ts';
import { typist } from './example.ts';

/** Characters that every encoding writes in its own way. */
const toolCanary = `t0ol-7f3a/+"<>&'=?%~ \\cana-ry:q9`;
const modelCanary = 'm0del-51bc.A_zcanary~9';
const fileCanary = 'f1le-9d2e/canary+6';
const ageCanary = 'age-c3b7=canary&4';
const storedCanary = 'st0red-77aa/canary?1';
const gitCanary = 'g1t-5e6f-canary-8';
const sealingKey = Buffer.from('canary-of-the-key-that-seals-all').toString('base64');
const usedCanaries = [toolCanary, modelCanary, fileCanary, ageCanary, storedCanary];

let repository: TestRepository;
let tools: LoopbackServer;
let model: ModelServer;
let made: Awaited<ReturnType<typeof createDatabase>>;
let up: TestProcess;
let pawl: (...words: readonly string[]) => Promise<Said>;
let ageKey: string;
let folder: string;
const received: string[] = [];

beforeAll(async () => {
  [repository, made] = await Promise.all([createRepository(), createDatabase()]);
  tools = await listen(async (request, response) => {
    await bodyOf(request);
    const secret = (request.headers['x-api-key'] ??
      request.headers.authorization?.slice('Bearer '.length) ??
      toolCanary) as string;
    received.push(secret);
    const [, status = '200'] = (request.url ?? '').split('/');
    response.writeHead(Number(status), {
      'content-type': 'application/json',
      'x-echo': Buffer.from(secret).toString('hex'),
    });
    response.end(echoOf(secret));
  });
  model = await startModelServer((_request, index) => {
    const key = model.calls[index]?.authorization?.slice('Bearer '.length) ?? '';
    received.push(key);
    if (index === 0) {
      const ask = (name: string) => ({ name, arguments: JSON.stringify({ q: `Bearer ${key}` }) });
      const kept = { name: 'memory_write', arguments: JSON.stringify({ key: 'k', value: { said: echoOf(key) } }) };
      const names = ['good', 'bad', 'broken', 'open', 'filed', 'aged', 'kept', key];
      return { text: echoOf(key), toolCalls: [...names.map(ask), kept] };
    }
    if (index === 1) return { toolCalls: [{ name: 'memory_read', arguments: '{"key":"k"}' }] };
    return index === 2
      ? { text: echoOf(key) }
      : { status: 401, body: JSON.stringify({ error: { message: echoOf(key) } }) };
  });
  folder = await mkdtemp(join(tmpdir(), 'pawl-canary-'));
  await writeFile(join(folder, 'token'), `${fileCanary}\n`, { mode: 0o600 });
  ageKey = await generateIdentity();
  const encrypter = new Encrypter();
  encrypter.addRecipient(await identityToRecipient(ageKey));
  await repository.commit(files(armor.encode(await encrypter.encrypt(ageCanary))), 'Start');
  const environment = { DATABASE_URL: made.url, PAWL_GIT_TOKEN: gitCanary, PAWL_SECRET_KEY: sealingKey };
  pawl = typist(repository.path, { ...environment, PAWL_LOG_LEVEL: 'trace' });
  await pawl('migrate', '--events', 'on');
  up = startProcess({
    entry: 'src/main.ts',
    args: ['up'],
    cwd: repository.path,
    env: {
      ...environment,
      PAWL_LOG_LEVEL: 'trace',
      PAWL_SECRET_TOOL: toolCanary,
      PAWL_SECRET_MODEL: modelCanary,
      PAWL_SECRET_FILES: folder,
      PAWL_AGE_KEY: ageKey,
    },
  });
  await up.waitFor(/pawl is up at/, 60_000);
});

afterAll(async () => {
  await up.kill();
  await Promise.all([tools.close(), model.close(), repository.remove(), rm(folder, { recursive: true })]);
  await made.drop();
});

function files(ciphertext: string): Record<string, string> {
  const tool = (name: string, status: number, auth: string) => `apiVersion: pawl/v1
kind: Tool
metadata: { name: ${name} }
spec:
  description: Says back what it is sent.
  type: http
  operation: write
  idempotent: true
  inputSchema: { type: object, properties: { q: { type: string } } }
  http: { method: POST, url: "${tools.url}/${status}/${name}", body: { q: "{q}" } }
  egress: { hosts: ["${tools.url}"], allowPrivate: true }
  ${auth}
---
`;
  const secret = 'secretRef: { name: keys, key: tool }';
  const bearer = (name: string) => `auth: { profile: bearer, secretRef: { name: ${name}, key: token } }`;
  return {
    'pawl.yaml': 'apiVersion: pawl/v1\nenvironments: [{ name: production, branch: main, paths: [all.yaml] }]\n',
    'all.yaml': `${tool('good', 200, `auth: { profile: bearer, ${secret} }`)}${tool('bad', 400, `auth: { profile: apiKeyHeader, headerName: x-api-key, ${secret} }`)}${tool('broken', 500, `auth: { profile: bearer, ${secret} }`)}${tool('open', 200, '')}${['filed', 'aged', 'kept'].map((name) => tool(name, 200, bearer(name))).join('')}apiVersion: pawl/v1
kind: Secret
metadata: { name: keys }
spec: { source: env, keys: { tool: PAWL_SECRET_TOOL, model: PAWL_SECRET_MODEL } }
---
apiVersion: pawl/v1
kind: Secret
metadata: { name: filed }
spec: { source: file, keys: { token: ${join(folder, 'token')} } }
---
apiVersion: pawl/v1
kind: Secret
metadata: { name: kept }
spec: { source: stored, keys: { token: "" } }
---
apiVersion: pawl/v1
kind: Secret
metadata: { name: aged }
spec:
  source: age
  keys:
    token: |
${ciphertext.trimEnd().replaceAll(/^/gm, '      ')}
---
apiVersion: pawl/v1
kind: ModelEndpoint
metadata: { name: hosted }
spec:
  provider: openaiCompatible
  model: m
  baseUrl: ${model.url}
  allowPrivate: true
  auth: { secretRef: { name: keys, key: model } }
---
apiVersion: pawl/v1
kind: AgentRole
metadata: { name: worker }
spec: { permissions: ["tool:*:*"] }
---
apiVersion: pawl/v1
kind: Memory
metadata: { name: notes }
spec: { type: postgres, session: {}, longTerm: {} }
---
apiVersion: pawl/v1
kind: Agent
metadata: { name: clerk }
spec:
  memory: { memoryRef: notes, allow: [read, write] }
  modelRef: hosted
  prompt: Do it.
  roles: [worker]
  tools: [{ toolRef: good }, { toolRef: bad }, { toolRef: broken }, { toolRef: open }, { toolRef: filed }, { toolRef: aged }, { toolRef: kept }]
---
apiVersion: pawl/v1
kind: AgentSystem
metadata: { name: desk }
spec:
  input: { schema: { type: object, properties: { go: { type: string } } } }
  graph: { work: { agentRef: clerk, input: "\${ input.go }" } }
`,
  };
}

test('a secret that was used and said back in every way is nowhere but in the calls that need it', {
  timeout: 120_000,
}, async () => {
  const said = new Map<string, string>();
  const keep = (place: string, { stdout, stderr, exit }: Said): Said => {
    said.set(place, `${stdout}\n${stderr}`);
    return { stdout, stderr, exit };
  };
  const run = async (...more: readonly string[]) =>
    keep(`run ${more.join(' ')}`, await pawl('run', 'desk', '-i', 'go=now', '--watch', ...more));

  const formats = ['human', 'json', 'sarif', 'github', 'junit'];
  for (const format of formats) keep(`validate ${format}`, await pawl('validate', '-o', format));
  keep('plan', await pawl('plan'));
  keep('plan markdown', await pawl('plan', '-o', 'markdown'));
  keep('plan json', await pawl('plan', '-o', 'json'));
  expect(keep('apply', await pawl('apply', '--auto-approve', '--ack', 'bootstrap'))).toMatchObject({ exit: 0 });
  keep('status', await pawl('status'));
  const stored = await say(['secret', 'set', 'kept', 'token'], {
    cwd: repository.path,
    app: createApp(repository.path, { DATABASE_URL: made.url, PAWL_SECRET_KEY: sealingKey, PAWL_ACTOR: 'tester' }),
    stdin: Readable.from([`${storedCanary}\n`]),
  });
  expect(keep('secret set', stored)).toMatchObject({ exit: 0 });
  const issued = await pawl('token', 'create', 'ci', '--role', 'reader');
  const apiToken = /pawl_[\w-]+/.exec(issued.stdout)?.[0] ?? '';
  expect(apiToken.length).toBeGreaterThan(50);
  const first = await run('--session', 'one');
  expect(first.stdout).toContain('Succeeded');
  const second = await run('-o', 'json');
  // The second run's first model call is the fourth of all: the provider refuses, and quotes the key.
  expect(second.stdout).toContain('model.unauthorised');

  const listed = keep('get runs', await pawl('get', 'runs', '-o', 'json'));
  const ids = [...listed.stdout.matchAll(/"id": ?"([0-9a-f-]{36})"/g)].map(([, id]) => id ?? '');
  expect(ids).toHaveLength(2);
  for (const id of ids) {
    keep(`trace ${id}`, await pawl('trace', id));
    keep(`trace json ${id}`, await pawl('trace', id, '-o', 'json'));
    keep(`describe ${id}`, await pawl('describe', `run/${id}`));
    keep(`why ${id}`, await pawl('why', `${id}:work/1`));
  }
  for (const words of [
    ['get', 'Tool'],
    ['get', 'Secret', '-o', 'json'],
    ['get', 'workers'],
    ['drift'],
    ['history'],
    ['doctor'],
    ['secret', 'list'],
    ['token', 'list'],
    ['whoami'],
    ['halt', 'model/default/hosted', '--reason', 'a look at what halts say', '--for', '1h'],
    ['get', 'halts', '-o', 'json'],
    ['get', 'approvals', '-o', 'json'],
    ['get', 'budgets'],
    ['audit', 'verify'],
    ['audit', 'export'],
    ['events', '-o', 'json'],
    ['plan', '--preflight'],
  ]) {
    keep(words.join(' '), await pawl(...words));
  }

  const server = JSON.parse(await readFile(join(repository.path, '.pawl', 'server.json'), 'utf8')) as {
    address: string;
  };
  const token = (await readFile(join(repository.path, '.pawl', 'token'), 'utf8')).trim();
  for (const path of [
    '/v1/status',
    '/v1/environments/production/runs',
    '/v1/environments/production/resources',
    ...ids.flatMap((id) => [`/v1/runs/${id}`, `/v1/runs/${id}/trace`]),
  ]) {
    const answer = await send(server.address, path, { headers: { authorization: `Bearer ${token}` } });
    expect(answer.status).toBe(200);
    said.set(path, JSON.stringify(answer));
  }
  const strangers = [apiToken, `${apiToken}x`, gitCanary];
  for (const [index, stranger] of strangers.entries()) {
    for (const path of ['/v1/status', '/v1/runs/none', '/openapi.json', `/v1/${encodeURIComponent(stranger)}`]) {
      const answer = await send(server.address, path, { headers: { authorization: `Bearer ${stranger}` } });
      const body = JSON.stringify(answer);
      // What was asked for may be said back to who asked.
      if (!path.includes(stranger)) said.set(`${path} as ${index}`, body);
    }
  }
  expect(await up.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  said.set('logs', `${up.stdout}\n${up.stderr}`);
  const database = await openDatabase({ url: made.url });
  said.set('database', await dump(database));
  await database.close();

  // What was meant to happen did: both values went out, and each tool answered.
  expect(new Set(received)).toEqual(new Set(usedCanaries));
  expect(received).toHaveLength(11);
  const journal = said.get('database') ?? '';
  for (const seen of ['[secret]', 'as a key', 'tool.failed', 'model.unauthorised']) expect(journal).toContain(seen);
  expect(said.get('events -o json')).toContain('run.succeeded');
  // What an agent keeps is kept without it: the entry that its model wrote, and the conversation.
  for (const table of ['memory_entry', 'memory_message']) {
    const rows = journal.split(/^public\.(?=\w+$)/m).find((part) => part.startsWith(`${table}\n`));
    expect([table, rows]).toEqual([table, expect.stringContaining('[secret]')]);
  }

  const canaries = [...usedCanaries, gitCanary, sealingKey, ageKey, token, apiToken];
  const found = canaries.flatMap((canary) =>
    traces(canary).flatMap((spelling) =>
      [...said].flatMap(([place, text]) => (text.includes(spelling) ? [`${place}: ${spelling}`] : [])),
    ),
  );
  expect(found).toEqual([]);
});
