import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import type { Said } from '../cli/fixture.ts';
import { type A2aServer, startA2aServer } from '../support/a2a-server.ts';
import { requireBubblewrap } from '../support/bubblewrap.ts';
import { createRepository, type TestRepository } from '../support/git.ts';
import { listen, type LoopbackServer } from '../support/loopback.ts';
import { type NatsServer, startNats } from '../support/nats-server.ts';
import { grant, type OAuthServer, startOAuthServer } from '../support/oauth-server.ts';
import { busyboxImage, limitsContainers } from '../support/podman.ts';
import { createDatabase } from '../support/postgres.ts';
import { startProcess, type TestProcess } from '../support/processes.ts';
import { answerMcp, kindFiles } from './canary-estate.ts';
import { commandLines, dump, environmentsBelow } from './canary-places.ts';
import { echoOf, traces } from './canary-spelling.ts';
import { typist } from './example.ts';

const canaries = {
  program: 'pr0gram-4c1d/canary+1',
  server: 'mcp-9f3a=canary&2',
  client: 'client-77:s3cret-canary-3',
  granted: 'granted-token-canary-4',
  agent: 'a2a-5b5b-canary-5',
  database: 'db-c4nary-6',
  bus: 'nats-c4nary-7',
  header: 'he4der/canary+8=',
  box: 'b0x-canary&9',
} as const;

const support = fileURLToPath(new URL('../support', import.meta.url));

let repository: TestRepository;
let tools: LoopbackServer;
let agent: A2aServer;
let tokens: OAuthServer;
let nats: NatsServer;
let shelf: LoopbackServer;
let listener: NatsConnection;
let made: Awaited<ReturnType<typeof createDatabase>>;
let up: TestProcess;
let pawl: (...words: readonly string[]) => Promise<Said>;
const received: string[] = [];
const spoken: string[] = [];

const bearer = (headers: { readonly authorization?: string | undefined }): string =>
  headers.authorization?.slice('Bearer '.length) ?? '';

beforeAll(async () => {
  requireBubblewrap();
  const image = busyboxImage();
  [repository, made, nats] = await Promise.all([
    createRepository(),
    createDatabase(),
    startNats({ name: 'pawl', password: canaries.bus }),
  ]);
  tools = await listen((request, response) => {
    received.push(bearer(request.headers));
    response.writeHead(200, { 'content-type': 'application/json' }).end(echoOf(bearer(request.headers)));
    return Promise.resolve();
  });
  shelf = await listen((request, response) => answerMcp(request, response, (key) => void received.push(key)));
  agent = await startA2aServer(({ headers }) => {
    received.push(bearer(headers));
    return { message: [{ text: echoOf(bearer(headers)) }] };
  });
  tokens = await startOAuthServer((response, nth) => grant(response, nth, { access_token: canaries.granted }));
  const login = new URL(made.url);
  const owner = await openDatabase({ url: made.url });
  await sql
    .raw(`create role "${login.pathname.slice(1)}_login" superuser login password '${canaries.database}'`)
    .execute(owner.db);
  await owner.close();
  login.username = `${login.pathname.slice(1)}_login`;
  login.password = canaries.database;
  const bus = new URL(nats.url);
  bus.username = 'pawl';
  bus.password = canaries.bus;
  listener = await connect({ servers: `127.0.0.1:${nats.port}`, user: 'pawl', pass: canaries.bus });
  listener.subscribe('>', {
    callback: (_error, { subject, headers, data }) =>
      void spoken.push(`${subject} ${JSON.stringify([...(headers ?? [])])} ${Buffer.from(data).toString()}`),
  });
  const environment = {
    DATABASE_URL: login.href,
    NATS_URL: bus.href,
    PAWL_PROGRAM_FILES: support,
    PAWL_SECRET_PROGRAM: canaries.program,
    PAWL_SECRET_SERVER: canaries.server,
    PAWL_SECRET_CLIENT: canaries.client,
    PAWL_SECRET_AGENT: canaries.agent,
    PAWL_SECRET_HEADER: canaries.header,
    PAWL_SECRET_BOX: canaries.box,
    PAWL_LOG_LEVEL: 'trace',
  };
  const at = { tools: tools.url, shelf: shelf.url, agent: agent.url, tokenUrl: tokens.tokenUrl, image };
  await repository.commit(kindFiles({ ...at, server: join(support, 'hostile-mcp-server.js') }), 'Start');
  pawl = typist(repository.path, environment);
  for (const server of ['parrot', 'shelf']) {
    const pinned = keep(`mcp pin ${server}`, await pawl('mcp', 'pin', server));
    if (pinned.exit !== 0) throw new Error(pinned.stderr);
  }
  await repository.commit({}, 'Pin');
  await pawl('migrate');
  up = startProcess({ entry: 'src/main.ts', args: ['up'], cwd: repository.path, env: environment });
  await up.waitFor(/pawl is up at/, 120_000);
}, 240_000);

afterAll(async () => {
  await up.kill();
  await listener.close();
  await Promise.all([tools.close(), shelf.close(), agent.close(), tokens.close(), nats.close(), repository.remove()]);
  await made.drop();
});

const said = new Map<string, string>();

function keep(place: string, { stdout, stderr, exit }: Said): Said {
  said.set(place, `${stdout}\n${stderr}`);
  return { stdout, stderr, exit };
}

const found = (
  places: Iterable<readonly [place: string | number, text: string]>,
  which = Object.values<string>(canaries),
) =>
  [...places].flatMap(([place, text]) =>
    which.flatMap((canary) =>
      traces(canary).flatMap((spelling) => (text.includes(spelling) ? [`${place}: ${spelling}`] : [])),
    ),
  );

test('secrets of programs, containers, MCP servers, OAuth clients, agents elsewhere, the database and the bus are nowhere else', {
  timeout: 240_000,
}, async () => {
  for (const words of [['validate'], ['plan', '-o', 'markdown'], ['plan', '-o', 'json']])
    keep(words.join(' '), await pawl(...words));
  expect(keep('apply', await pawl('apply', '--auto-approve', '--ack', 'bootstrap'))).toMatchObject({ exit: 0 });

  let isOver = false;
  const looking = (async () => {
    const leaks = new Set<string>();
    let children = 0;
    while (!isOver) {
      const [lines, environments] = await Promise.all([commandLines(), environmentsBelow(up.pid)]);
      children = Math.max(children, environments.length);
      // A program has what its manifest declares, and nothing of the worker's own.
      const declared = new Set<string>([canaries.program, canaries.server, canaries.box]);
      const foreign = Object.values<string>(canaries).filter((canary) => !declared.has(canary));
      for (const leak of [...found(lines), ...found(environments, foreign)]) leaks.add(leak);
    }
    return { leaks: [...leaks], children };
  })();
  const run = keep('run', await pawl('run', 'desk', '--watch'));
  isOver = true;
  const { leaks, children } = await looking;
  expect(run.stdout).toContain('Succeeded');
  expect(children).toBeGreaterThan(0);
  expect(leaks).toEqual([]);

  const [id = ''] = /[0-9a-f-]{36}/.exec(keep('get runs', await pawl('get', 'runs', '-o', 'json')).stdout) ?? [];
  for (const words of [
    ['trace', id, '-o', 'json'],
    ['describe', `run/${id}`],
    ['why', `${id}:work/1.1`],
    ['why', `${id}:ask/1.1`],
    ['get', 'Agent', '-o', 'json'],
    ['get', 'workers', '-o', 'json'],
    ['doctor'],
    ['status'],
    ['audit', 'export'],
    ['plan', '--preflight'],
  ])
    keep(words.join(' '), await pawl(...words));
  expect(await up.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  said.set('logs', `${up.stdout}\n${up.stderr}`);
  await listener.flush();
  said.set('bus', spoken.join('\n'));
  const database = await openDatabase({ url: made.url });
  said.set('database', await dump(database));
  await database.close();

  // What was meant to happen did: each value went out, was said back, and was taken out of what came.
  expect(received.toSorted()).toEqual([canaries.granted, canaries.agent, canaries.header].toSorted());
  expect(spoken.length).toBeGreaterThan(0);
  expect(tokens.asked).toHaveLength(1);
  const journal = said.get('database') ?? '';
  // Where containers cannot be held to limits, the one of this estate is not begun, and says so.
  const boxed = limitsContainers() ? 'KEY=[secret]' : 'default/box needs the tier container or a stronger one';
  for (const seen of ['failed with [secret]', 'TOKEN', 'as a key', boxed]) expect(journal).toContain(seen);
  expect(found(said)).toEqual([]);
});
