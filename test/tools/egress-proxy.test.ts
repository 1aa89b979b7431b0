import { connect, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, connect as connectTls } from 'node:tls';
import { onTestFinished, expect, test } from 'vitest';
import type { Network } from '../../src/tools/connect.ts';
import { EgressProxy, proxyLimits, type ProxyLimits } from '../../src/tools/egress-proxy.ts';
import type { EgressRules } from '../../src/tools/egress-url.ts';
import { goodLeaf, testRoot } from './certificates.ts';
import { serve } from './fixture.ts';

interface Started {
  readonly proxy: EgressProxy;
  readonly port: number;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('it listens nowhere');
  return address.port;
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return portOf(server);
}

const loopback: Network = { resolve: () => Promise.resolve(['127.0.0.1']) };

async function start(
  rules: Partial<EgressRules> & { readonly hosts: readonly string[] },
  { network = loopback, limits = {} }: { readonly network?: Network; readonly limits?: Partial<ProxyLimits> } = {},
): Promise<Started> {
  const proxy = new EgressProxy({
    rules: { allowPrivate: true, ...rules },
    network,
    limits: { ...proxyLimits, ...limits },
  });
  const listener = createServer();
  const port = await listening(listener);
  proxy.serve(listener);
  onTestFinished(() => proxy.close());
  return { proxy, port };
}

/** Says something to the proxy and reads until it ends, or until what is awaited came. */
function say(port: number, text: string, until?: RegExp): Promise<{ readonly heard: string; readonly socket: Socket }> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    onTestFinished(() => void socket.destroy());
    let heard = '';
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1');
      if (until?.test(heard) === true) resolve({ heard, socket });
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve({ heard, socket }));
  });
}

const connectTo = (authority: string) => `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`;
const getOf = (url: string, more = '') => `GET ${url} HTTP/1.1\r\nHost: spoofed.test\r\n${more}\r\n`;
const open = /^HTTP\/1\.1 200 .*\r\n\r\n$/s;

/** A TLS server that says hello to whoever comes, and counts them. */
async function secureServer(): Promise<{ readonly port: number; readonly came: () => number }> {
  let came = 0;
  const server = createTlsServer({ ...goodLeaf }, (socket) => socket.end('hello'));
  server.on('connection', () => (came += 1));
  return { port: await listening(server), came: () => came };
}

test('TLS with a declared host is carried unread, and what was made of it is told by host', async () => {
  const { port: secure } = await secureServer();
  const { proxy, port } = await start({ hosts: [`api.test:${secure}`] });
  const { socket } = await say(port, connectTo(`api.test:${secure}`), open);
  const heard = await new Promise((resolve, reject) => {
    const tls = connectTls({ socket, servername: 'api.test', ca: testRoot });
    tls.on('data', (chunk) => resolve(String(chunk)));
    tls.on('error', reject);
  });
  expect(heard).toBe('hello');
  const [use, ...others] = proxy.uses();
  expect(use).toMatchObject({ host: `https://api.test:${secure}`, connections: 1, refused: 0 });
  expect(use?.bytes).toBeGreaterThan(500);
  expect(others).toEqual([]);
});

test('a declared http host gets the request with its own name, and none of what is the proxy’s', async () => {
  const server = await serve((request, response) => void response.end(JSON.stringify(request.headers)));
  const { port } = await start({ hosts: [`http://api.test:${server.port}`] });
  const more = 'Connection: close, x-hop\r\nX-Hop: 1\r\nProxy-Authorization: Basic c2VjcmV0\r\nX-Kept: 2\r\n';
  const { heard } = await say(port, getOf(`http://api.test:${server.port}/a?b`, more));
  const headers: unknown = JSON.parse(/\{.*\}/s.exec(heard)?.[0] ?? '');
  expect(headers).toEqual({ host: `api.test:${server.port}`, connection: 'close', 'x-kept': '2' });
});

test('nothing but declared hosts is reached, by whatever name, port or way', async () => {
  const { port: secure, came } = await secureServer();
  const { proxy, port } = await start({ hosts: [`api.test:${secure}`, '*.wild.test'] });
  const refused = [
    connectTo(`other.test:${secure}`),
    connectTo(`127.0.0.1:${secure}`),
    connectTo(`[::1]:${secure}`),
    connectTo(`2130706433:${secure}`),
    connectTo(`0x7f.1:${secure}`),
    connectTo('api.test:22'),
    connectTo('api.test'),
    connectTo('wild.test:443'),
    connectTo(`api.test.:${secure}`),
    connectTo(`user@api.test:${secure}`),
    getOf(`http://api.test:${secure}/`),
    getOf(`https://api.test:${secure}/`),
    getOf('/', 'X-A: 1\r\n'),
    getOf('http://169.254.169.254/latest/meta-data'),
    getOf('ftp://api.test/'),
  ];
  for (const text of refused) {
    const { heard } = await say(port, text.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    expect(heard, text).toMatch(/^HTTP\/1\.1 4\d\d /);
  }
  expect(came()).toBe(0);
  expect(proxy.uses().reduce((sum, { connections }) => sum + connections, 0)).toBe(0);
  const { heard } = await say(port, connectTo(`other.test:${secure}`));
  expect(heard).toContain(`egress.denied: https://other.test:${secure} is not among the declared hosts.`);
});

test('of what a program asks for, nothing is told but declared hosts', async () => {
  const { port: secure } = await secureServer();
  const { proxy, port } = await start({ hosts: [`api.test:${secure}`], within: [[]] });
  const asked = [
    getOf('http://user:hunter2@other.test/', 'Connection: close\r\n'),
    getOf(`http://user:hunter2@api.test:${secure}/`, 'Connection: close\r\n'),
    getOf('http://hunter2@/', 'Connection: close\r\n'),
    getOf('ftp://hunter2/', 'Connection: close\r\n'),
    connectTo('hunter2:443'),
    connectTo('hunter2.evil.test:443'),
    connectTo(`hunter2:443@api.test:${secure}`),
    connectTo(`api.test:${secure}`),
  ];
  for (const text of asked) expect((await say(port, text)).heard, text).toMatch(/^HTTP\/1\.1 4\d\d /);
  const none = { connections: 0, bytes: 0 };
  expect(proxy.uses()).toEqual([
    { host: 'undeclared hosts', ...none, refused: 5 },
    { host: `https://api.test:${secure}`, ...none, refused: 3 },
  ]);
});

test('a declared name that leads to a private address, a metadata service or another peer is refused', async () => {
  const { port: secure, came } = await secureServer();
  const hosts = [`api.test:${secure}`];
  for (const addresses of [['127.0.0.1'], ['10.0.0.1'], ['169.254.169.254'], ['93.184.216.34', '127.0.0.1']]) {
    const network = { resolve: () => Promise.resolve(addresses) };
    const { port } = await start({ hosts, allowPrivate: false }, { network });
    const { heard } = await say(port, connectTo(`api.test:${secure}`));
    expect(heard).toMatch(/^HTTP\/1\.1 403 .*egress\.denied: api\.test resolves to /s);
  }
  const { port } = await start({ hosts: [`127.0.0.1:${secure}`], allowPrivate: false });
  expect((await say(port, connectTo(`127.0.0.1:${secure}`))).heard).toMatch(/^HTTP\/1\.1 403 /);
  const { port: within } = await start({ hosts, within: [['other.test']] });
  expect((await say(within, connectTo(`api.test:${secure}`))).heard).toContain('not among the hosts that are allowed');
  expect(came()).toBe(0);
});

test('a redirect is the program’s to follow, and what it leads to is asked for anew', async () => {
  const server = await serve(
    (_request, response) => void response.writeHead(302, { location: 'http://169.254.169.254/latest' }).end(),
  );
  const { port } = await start({ hosts: [`http://api.test:${server.port}`] });
  const { heard } = await say(port, getOf(`http://api.test:${server.port}/`, 'Connection: close\r\n'));
  expect(heard).toMatch(/^HTTP\/1\.1 302 .*location: http:\/\/169\.254\.169\.254\/latest/s);
  const followed = await say(port, getOf('http://169.254.169.254/latest', 'Connection: close\r\n'));
  expect(followed.heard).toMatch(/^HTTP\/1\.1 403 /);
});

test('with an https host a program speaks TLS, and with that host alone', async () => {
  let bytes = 0;
  const plain = createServer((socket) => socket.on('data', (chunk) => (bytes += chunk.length)));
  const target = await listening(plain);
  const { proxy, port } = await start({ hosts: [`api.test:${target}`] }, { limits: { helloMs: 300 } });
  const clear = await say(port, connectTo(`api.test:${target}`), open);
  clear.socket.write('GET / HTTP/1.1\r\nHost: other.test\r\n\r\n');
  await new Promise((resolve) => clear.socket.once('close', resolve));
  const fronted = await say(port, connectTo(`api.test:${target}`), open);
  connectTls({ socket: fronted.socket, servername: 'other.test' }).on('error', () => undefined);
  await new Promise((resolve) => fronted.socket.once('close', resolve));
  const silent = await say(port, connectTo(`api.test:${target}`), open);
  await new Promise((resolve) => silent.socket.once('close', resolve));
  expect(bytes).toBe(0);
  expect(proxy.uses()).toMatchObject([{ connections: 3, refused: 3, bytes: 0 }]);
});

test('what drips, never ends or is too much is cut, and no more connections than allowed are open', async () => {
  const endless = createServer((socket) => {
    const more = () => {
      while (socket.write(Buffer.alloc(65_536))) if (socket.destroyed) return;
    };
    socket.on('drain', more);
    socket.on('error', () => undefined);
    more();
  });
  const target = await listening(endless);
  const hosts = [`http://api.test:${target}`];
  const { proxy, port } = await start({ hosts }, { limits: { bytesMax: 1024 * 1024 } });
  const { heard } = await say(port, connectTo(`api.test:${target}`));
  expect(heard.length).toBeLessThan(3 * 1024 * 1024);
  expect(proxy.uses()).toMatchObject([{ connections: 1, refused: 1 }]);
  const dripping = createServer((socket) => {
    const drip = setInterval(() => socket.write('.'), 20);
    socket.on('close', () => clearInterval(drip));
    socket.on('error', () => undefined);
  });
  const slow = await listening(dripping);
  const limits = { lifeMs: 400, connectionsMax: 1 };
  const { port: bounded } = await start({ hosts: [`http://api.test:${slow}`] }, { limits });
  const first = await say(bounded, connectTo(`api.test:${slow}`), open);
  const second = await say(bounded, connectTo(`api.test:${slow}`));
  expect(second.heard).toMatch(/^HTTP\/1\.1 503 /);
  await new Promise((resolve) => first.socket.once('close', resolve));
  const quiet = createServer((socket) => void socket.on('error', () => undefined));
  const { port: idle } = await start(
    { hosts: [`http://api.test:${await listening(quiet)}`] },
    { limits: { idleMs: 200 } },
  );
  expect((await say(idle, connectTo(`api.test:${portOf(quiet)}`))).heard).toMatch(open);
});

test('an answer that is none is a failure of the host, and takes neither the proxy nor a place in it', async () => {
  const answers = [
    'HTTP/1.1 099 x\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 000 x\r\n\r\n',
    'HTTP/1.1 600 x\r\n\r\n',
    'HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nmore',
    'HTTP/1.1 101 Switching\r\n\r\n',
    'HTTP/1.1 200 OK\r\nX-A: \x01\r\n\r\n',
    'SSH-2.0-x\r\n',
    '',
  ];
  let next = 0;
  const target = await listening(
    createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        const answer = answers[next++] ?? 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nwell';
        if (answer === '') socket.end();
        else socket.write(answer);
      });
    }),
  );
  const limits = { connectionsMax: 1 };
  const { proxy, port } = await start({ hosts: [`http://api.test:${target}`] }, { limits });
  const get = getOf(`http://api.test:${target}/`, 'Connection: close\r\n');
  for (const answer of answers) expect((await say(port, get)).heard, answer).toMatch(/^HTTP\/1\.1 502 /);
  expect((await say(port, get)).heard).toMatch(/^HTTP\/1\.1 200 .*well$/s);
  expect(proxy.uses()).toMatchObject([{ connections: answers.length + 1, refused: answers.length }]);
});

test('the time to connect is over once a connection is there', async () => {
  const late = createServer((socket) => {
    setTimeout(() => socket.end('late'), 300);
    socket.on('error', () => undefined);
  });
  const target = await listening(late);
  const { port } = await start({ hosts: [`http://api.test:${target}`] }, { limits: { connectMs: 100 } });
  expect((await say(port, connectTo(`api.test:${target}`))).heard).toMatch(/late$/);
});

test('a host that is down is said to be, and closing ends whatever is open', async () => {
  const { proxy, port } = await start({ hosts: ['http://api.test:9'] });
  expect((await say(port, connectTo('api.test:9'))).heard).toMatch(
    /^HTTP\/1\.1 502 .*http:\/\/api\.test:9 cannot be reached/s,
  );
  const quiet = createServer((socket) => void socket.on('error', () => undefined));
  const target = await listening(quiet);
  const { proxy: other, port: open2 } = await start({ hosts: [`http://api.test:${target}`] });
  const { socket } = await say(open2, connectTo(`api.test:${target}`), open);
  other.close();
  await new Promise((resolve) => (socket.closed ? resolve(undefined) : socket.once('close', resolve)));
  proxy.close();
});
