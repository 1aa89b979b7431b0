import { text } from 'node:stream/consumers';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { IsolatedCommand, IsolatedProcess, Reached } from '../../../src/tools/isolation/isolated.ts';
import { startIsolated } from '../../../src/tools/isolation/start-isolated.ts';
import { requireBubblewrap } from '../../support/bubblewrap.ts';
import { busyboxImage, containersOfPawl } from '../../support/podman.ts';
import { serve } from '../fixture.ts';

beforeAll(requireBubblewrap);

const running = new Set<IsolatedProcess>();
afterEach(async () => {
  await Promise.all([...running].map((one) => one.kill()));
  running.clear();
});

const network = { resolve: () => Promise.resolve(['127.0.0.1']) };
const host = { path: ['/usr/bin', '/bin'], readable: [] };

const told: string[] = [];

const notStarted = { code: 'tool.aborted', message: expect.stringMatching(/^The program was not started: /) };

async function run(command: IsolatedCommand, egress?: readonly (readonly string[])[]) {
  const reached: Reached = (name, hosts) => void told.push(`${name} ${hosts.map((use) => use.host).join(' ')}`);
  const program = await startIsolated(command, { host, network, egress, reached });
  running.add(program);
  program.stdin.end();
  const [exit, stdout, stderr] = await Promise.all([program.exited, text(program.stdout), text(program.stderr)]);
  return { exit, stdout, stderr, reached: program.reached?.() };
}

function sandboxed(script: string, hosts: readonly string[]): IsolatedCommand {
  return {
    argv: [process.execPath, '--eval', script],
    env: { MARK: 'own' },
    isolation: { min: 'sandbox', filesystem: 'readOnly', network: { hosts, allowPrivate: true } },
    tier: 'sandbox',
  };
}

/** Asks through the proxy that the environment names, and then by itself. */
const lookScript = `
const http = require('node:http'), net = require('node:net'), dns = require('node:dns');
const proxy = new URL(process.env.HTTPS_PROXY);
const say = (what, value) => console.log(JSON.stringify([what, value]));
const through = (url) => new Promise((done) => http.get({ host: proxy.hostname, port: proxy.port, path: url, headers: { host: 'x' } },
  (answer) => { let all = ''; answer.on('data', (part) => (all += part)); answer.on('end', () => done(answer.statusCode + ' ' + all.trim())); })
  .on('error', (cause) => done(cause.code)));
const alone = (port, address) => new Promise((done) => net.connect(port, address, () => done('connected'))
  .on('error', (cause) => done(cause.code)));
(async () => {
  const [declared, port] = process.env.TARGETS.split(' ');
  say('declared', await through(declared));
  say('other', await through('http://other.test/'));
  say('loopback of the machine', await alone(Number(port), '127.0.0.1'));
  say('address', await alone(443, '1.1.1.1'));
  say('name', await new Promise((done) => dns.lookup('example.com', (cause) => done(cause ? 'unknown' : 'known'))));
  say('networks', Object.keys(require('node:os').networkInterfaces()));
  say('environment', Object.keys(process.env).filter((name) => !/proxy/i.test(name)).sort());
  say('worker', require('node:fs').readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)).length);
})();`;

test('a program in a sandbox reaches the hosts that are declared, through the proxy, and nothing by itself', async () => {
  const server = await serve((request, response) => void response.end(`hello ${request.headers.host}`));
  const declared = `http://api.test:${server.port}`;
  const command = sandboxed(lookScript, [declared]);
  const targets = { TARGETS: `${declared}/a ${server.port}` };
  const { stdout, stderr, reached } = await run({ ...command, env: { ...command.env, ...targets } });
  expect(stderr).toBe('');
  const seen = Object.fromEntries(
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as [string, unknown]),
  );
  expect(seen).toEqual({
    declared: `200 hello api.test:${server.port}`,
    other: '403 egress.denied: http://other.test is not among the declared hosts.',
    'loopback of the machine': 'ECONNREFUSED',
    address: 'ENETUNREACH',
    name: 'unknown',
    networks: ['lo'],
    environment: ['HOME', 'LANG', 'MARK', 'PATH', 'PWD', 'TARGETS'],
    worker: 2,
  });
  expect(reached).toEqual([
    { host: declared, connections: 1, bytes: expect.any(Number), refused: 0 },
    { host: 'undeclared hosts', connections: 0, bytes: 0, refused: 1 },
  ]);
  expect(told).toEqual([`${process.execPath} ${declared} undeclared hosts`]);
});

test('a policy’s hosts hold too, an end comes at once, and what never began says so', async () => {
  const server = await serve((_request, response) => void response.end('hello'));
  const declared = `http://api.test:${server.port}`;
  const script = `require('node:http').get({ host: '127.0.0.1', port: 3128, path: '${declared}/', headers: { host: 'x' } },
    (answer) => console.log(answer.statusCode));`;
  expect(await run(sandboxed(script, [declared]), [['http://else.test']])).toMatchObject({ stdout: '403\n' });
  const hanging = await startIsolated(sandboxed('setInterval(() => {}, 1000)', [declared]), { host, network });
  await hanging.kill();
  await expect(hanging.exited).resolves.toMatchObject({ signal: null });
  const missing = sandboxed(script, [declared]);
  await expect(startIsolated({ ...missing, argv: ['no-such-program'] }, { host, network })).rejects.toMatchObject({
    code: 'tool.program_missing',
  });
});

test('a program whose lease runs out while its network is made is not begun', async () => {
  const declared = 'http://api.test';
  let asked = 0;
  const once = () => (asked += 1) < 2;
  // Asked before the chain is started, and again when it holds a program whose way out is there.
  const held = startIsolated(sandboxed('setInterval(() => {}, 1000)', [declared]), { host, network, mayStart: once });
  await expect(held).rejects.toMatchObject(notStarted);
  expect(asked).toBe(2);
});

test('a container reaches the hosts that are declared, and leaves none of its own behind', async () => {
  const image = busyboxImage();
  const server = await serve((_request, response) => void response.end('hello from outside'));
  const declared = `http://api.test:${server.port}`;
  const get = (url: string) =>
    `(printf 'GET ${url} HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n'; sleep 1) | /bin/busybox nc 127.0.0.1 3128`;
  const script = [
    'echo $HTTPS_PROXY',
    get(`${declared}/`),
    get('http://other.test/'),
    `/bin/busybox nc -w 2 127.0.0.1 ${server.port} </dev/null && echo reached the machine`,
    '/bin/busybox nc -w 2 1.1.1.1 443 </dev/null && echo reached an address',
    'grep -c : /proc/net/dev',
  ].join('\n');
  const { stdout, reached } = await run({
    argv: ['-c', script],
    env: {},
    isolation: { min: 'container', filesystem: 'readOnly', network: { hosts: [declared], allowPrivate: true } },
    tier: 'container',
    container: { image },
  });
  expect(stdout).toContain('http://127.0.0.1:3128\n');
  expect(stdout).toContain('hello from outside');
  expect(stdout).toContain('egress.denied: http://other.test is not among the declared hosts.');
  expect(stdout).not.toContain('reached');
  expect(stdout.trim().endsWith('\n1')).toBe(true);
  expect(reached?.map(({ host: name, connections, refused }) => [name, connections, refused])).toEqual([
    [declared, 1, 0],
    ['undeclared hosts', 0, 1],
  ]);
  await expect.poll(containersOfPawl).toEqual([]);
});
