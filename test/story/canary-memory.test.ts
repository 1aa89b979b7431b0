import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import type { Said } from '../cli/fixture.ts';
import { createRepository, type TestRepository } from '../support/git.ts';
import { type MemoryService, startMemoryService } from '../support/memory-service.ts';
import { type ModelServer, startModelServer } from '../support/model-server.ts';
import { createDatabase } from '../support/postgres.ts';
import { startProcess, type TestProcess } from '../support/processes.ts';
import { dump } from './canary-places.ts';
import { echoOf, traces } from './canary-spelling.ts';
import { typist } from './example.ts';

const canaries = { memory: 'mem0ry-4c1d/canary+1', model: 'm0del-7a7a=canary&2' } as const;

let repository: TestRepository;
let service: MemoryService;
let model: ModelServer;
let made: Awaited<ReturnType<typeof createDatabase>>;
let up: TestProcess;
let pawl: (...words: readonly string[]) => Promise<Said>;
const said = new Map<string, string>();

function keep(place: string, { stdout, stderr, exit }: Said): Said {
  said.set(place, `${stdout}\n${stderr}`);
  return { stdout, stderr, exit };
}

const bearer = (header: string | undefined): string => header?.slice('Bearer '.length) ?? '';

beforeAll(async () => {
  [repository, service, made] = await Promise.all([createRepository(), startMemoryService(), createDatabase()]);
  service.liar = lying();
  const keyOf = () => bearer(model.calls.at(-1)?.authorization);
  const asks = (name: string, args: object) => ({ toolCalls: [{ name, arguments: JSON.stringify(args) }] });
  model = await startModelServer((_request, index) => {
    const turns = [
      asks('memory_write', { key: `k ${keyOf()}`.slice(0, 200), value: { said: echoOf(keyOf()) } }),
      asks('memory_read', { key: 'k' }),
      asks('memory_search', { query: keyOf() }),
      { text: echoOf(keyOf()) },
    ];
    return turns[index % turns.length] ?? { text: 'done' };
  });
  const environment = { DATABASE_URL: made.url, PAWL_LOG_LEVEL: 'trace' };
  await repository.commit(files(), 'Start');
  pawl = typist(repository.path, environment);
  await pawl('migrate', '--events', 'on');
  up = startProcess({
    entry: 'src/main.ts',
    args: ['up'],
    cwd: repository.path,
    env: { ...environment, PAWL_SECRET_MEMORY: canaries.memory, PAWL_SECRET_MODEL: canaries.model },
  });
  await up.waitFor(/pawl is up at/, 120_000);
}, 240_000);

afterAll(async () => {
  await up.kill();
  await Promise.all([service.close(), model.close(), repository.remove()]);
  await made.drop();
});

/** Says its credential back wherever the protocol has a place for words, and in the first error. */
function lying(): MemoryService['liar'] {
  let failures = 0;
  const at = { writtenBy: 'Agent/default/clerk', writtenAt: '2026-11-01T10:00:00Z' };
  return ({ operation, headers, body }, response) => {
    const echo = echoOf(bearer(headers.authorization));
    if (operation === 'put' && (failures += 1) === 1) {
      response.writeHead(503, { 'x-echo': echo.replaceAll(/[^\x20-\x7e]/g, '') }).end(echo);
      return 'answered';
    }
    if (operation === 'get') return { entry: { key: body['key'], value: JSON.parse(echo) as object, ...at } };
    if (operation === 'search') return { entries: [{ key: 'k', value: echo, score: 1, ...at }] };
    if (operation !== 'history') return undefined;
    return { messages: ['user', 'assistant'].map((role) => ({ role, text: echo })), said: echo };
  };
}

function files(): Record<string, string> {
  return {
    'pawl.yaml': 'apiVersion: pawl/v1\nenvironments: [{ name: production, branch: main, paths: [all.yaml] }]\n',
    'all.yaml': `apiVersion: pawl/v1
kind: Secret
metadata: { name: keys }
spec: { source: env, keys: { memory: PAWL_SECRET_MEMORY, model: PAWL_SECRET_MODEL } }
---
apiVersion: pawl/v1
kind: ModelEndpoint
metadata: { name: model }
spec:
  provider: openaiCompatible
  model: small
  baseUrl: ${model.url}
  allowPrivate: true
  auth: { secretRef: { name: keys, key: model } }
---
apiVersion: pawl/v1
kind: Memory
metadata: { name: far }
spec:
  type: http
  http: { url: "${service.url}", allowPrivate: true, auth: { profile: bearer, secretRef: { name: keys, key: memory } } }
  longTerm: {}
---
apiVersion: pawl/v1
kind: Agent
metadata: { name: clerk }
spec:
  modelRef: model
  prompt: Do it.
  memory: { memoryRef: far, allow: [read, search, write] }
---
apiVersion: pawl/v1
kind: AgentSystem
metadata: { name: desk }
spec: { graph: { work: { agentRef: clerk } } }
`,
  };
}

test('the credential of a memory in a service, and what a model keeps there, are nowhere else', {
  timeout: 240_000,
}, async () => {
  for (const words of [['validate'], ['plan', '-o', 'markdown'], ['plan', '-o', 'json']])
    keep(words.join(' '), await pawl(...words));
  expect(keep('apply', await pawl('apply', '--auto-approve', '--ack', 'bootstrap'))).toMatchObject({ exit: 0 });
  const run = keep('run', await pawl('run', 'desk', '--session', 'one', '--watch'));
  expect(run.stdout).toContain('Succeeded');
  const [id = ''] = /[0-9a-f-]{36}/.exec(keep('get runs', await pawl('get', 'runs', '-o', 'json')).stdout) ?? [];
  for (const words of [
    ['trace', id, '-o', 'json'],
    ['describe', `run/${id}`],
    ['why', `${id}:work/1.1`],
    ['get', 'Memory', '-o', 'json'],
    ['doctor'],
    ['status'],
    ['audit', 'export'],
    ['events'],
  ])
    keep(words.join(' '), await pawl(...words));
  expect(await up.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  said.set('logs', `${up.stdout}\n${up.stderr}`);
  const database = await openDatabase({ url: made.url });
  said.set('database', await dump(database));
  await database.close();
  const sent = service.asked.map(({ operation, body }) => `${operation} ${JSON.stringify(body)}`);
  said.set('the service', sent.join('\n'));
  said.set('the model', JSON.stringify(model.calls.map(({ body }) => body)));

  // What was meant to happen did: each value went out, was said back, and was taken out of what came.
  expect(service.asked.map(({ operation }) => operation)).toEqual(['history', 'put', 'put', 'get', 'search', 'append']);
  expect(new Set(service.asked.map(({ headers }) => headers.authorization))).toEqual(
    new Set([`Bearer ${canaries.memory}`]),
  );
  expect(said.get('the model')).toContain('[secret]');
  expect(said.get('the service')).toContain('[secret]');
  const found = [...said].flatMap(([place, text]) =>
    Object.values(canaries).flatMap((canary) =>
      traces(canary).flatMap((spelling) => (text.includes(spelling) ? [`${place}: ${spelling}`] : [])),
    ),
  );
  expect(found).toEqual([]);
});
