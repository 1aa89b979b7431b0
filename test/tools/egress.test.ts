import { createServer as createTlsServer } from 'node:https';
import { getEventListeners, once } from 'node:events';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { connectTo } from '../../src/tools/connect.ts';
import { egress } from '../../src/tools/egress.ts';
import { expiredLeaf, goodLeaf, testRoot } from './certificates.ts';
import { requestTo, resolving, serve } from './fixture.ts';

const opened = { allowPrivate: true };

describe('an address that no manifest may reach sees no packet', () => {
  test.each([
    'http://169.254.169.254/latest/meta-data',
    'http://[fd00:ec2::254]/',
    'http://100.100.100.200/',
    'http://168.63.129.16/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://017700000001/',
    'http://127.1/',
    'http://0/',
    'http://①②⑦.①/',
    'http://[::ffff:127.0.0.1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://[2001:0:7f00:1::]/',
    'http://[::1]/',
  ])('%s', async (url) => {
    const network = resolving();
    const outcome = await egress(
      requestTo(url),
      { hosts: [url.slice(0, -1).replace(/\/latest.*/, '')], allowPrivate: false },
      network,
    );
    expect(outcome).toMatchObject({ kind: 'denied', sent: false });
    expect(network.asked).toEqual([]);
  });

  test('a metadata name that the manifest declares resolves to an address that is denied', async () => {
    const network = resolving(['169.254.169.254']);
    const outcome = await egress(
      requestTo('http://metadata.google.internal/'),
      { hosts: ['http://metadata.google.internal'], allowPrivate: true },
      network,
    );
    expect(outcome).toMatchObject({ kind: 'denied', sent: false, message: expect.stringContaining('169.254.169.254') });
  });

  test('a private address needs allowPrivate, and the loopback server sees nothing without it', async () => {
    let seen = 0;
    const server = await serve((_request, response) => {
      seen += 1;
      response.end('ok');
    });
    expect(await egress(requestTo(server.url), { hosts: [server.url], allowPrivate: false })).toMatchObject({
      kind: 'denied',
    });
    expect(seen).toBe(0);
    expect(await egress(requestTo(server.url), { hosts: [server.url], ...opened })).toMatchObject({
      kind: 'answered',
      status: 200,
    });
    expect(seen).toBe(1);
  });
});

test('one bad address in an answer denies it all', async () => {
  let seen = 0;
  const server = await serve((_request, response) => {
    seen += 1;
    response.end();
  });
  for (const answer of [
    ['93.184.216.34', '127.0.0.1'],
    ['127.0.0.1', '93.184.216.34'],
    ['2606:2800:220:1::1', '::ffff:127.0.0.1'],
  ]) {
    const rules = { hosts: [`http://api.test:${server.port}`], allowPrivate: false };
    expect(await egress(requestTo(`http://api.test:${server.port}/`), rules, resolving(answer))).toMatchObject({
      kind: 'denied',
      sent: false,
    });
  }
  expect(seen).toBe(0);
});

test('a name is resolved once, and the connection goes to what that answer said', async () => {
  const server = await serve((request, response) => void response.end(request.headers.host));
  const network = resolving(['127.0.0.1'], ['169.254.169.254']);
  const rules = { hosts: [`http://api.test:${server.port}`], ...opened };
  const outcome = await egress(requestTo(`http://api.test:${server.port}/`), rules, network);
  expect(outcome).toMatchObject({ kind: 'answered' });
  if (outcome.kind === 'answered') expect(Buffer.from(outcome.body).toString()).toBe(`api.test:${server.port}`);
  expect(network.asked).toEqual(['api.test']);
  expect(await egress(requestTo(`http://api.test:${server.port}/`), rules, network)).toMatchObject({ kind: 'denied' });
});

test('a peer other than the vetted address is hung up on', async () => {
  const server = await serve((_request, response) => void response.end());
  // Connecting to 0.0.0.0 reaches the loopback interface: what was vetted is not what answers.
  const target = {
    url: new URL(server.url),
    addresses: ['0.0.0.0'],
    network: resolving(),
    signal: AbortSignal.timeout(5000),
  };
  await expect(connectTo(target)).rejects.toThrow(/went to 127\.0\.0\.1 instead of 0\.0\.0\.0/);
});

test('a signal that outlives a connection holds it no longer, and ends one that there is', async () => {
  const server = await serve((_request, response) => void response.end());
  const over = new AbortController();
  const target = { url: new URL(server.url), addresses: ['127.0.0.1'], network: resolving(), signal: over.signal };
  const first = await connectTo(target);
  const closed = once(first, 'close');
  first.destroy();
  await closed;
  await expect(connectTo({ ...target, url: new URL('http://api.test:9') })).rejects.toThrow('ECONNREFUSED');
  await expect.poll(() => getEventListeners(over.signal, 'abort')).toEqual([]);
  const second = await connectTo(target);
  const ended = once(second, 'close');
  over.abort();
  await ended;
});

test('the next vetted address is tried when one refuses', async () => {
  const server = await serve((_request, response) => void response.end('ok'));
  const rules = { hosts: [`http://api.test:${server.port}`], ...opened };
  const outcome = await egress(
    requestTo(`http://api.test:${server.port}/`),
    rules,
    resolving(['127.0.0.9', '127.0.0.1']),
  );
  expect(outcome).toMatchObject({ kind: 'answered', status: 200 });
});

test('a connection that one rule opened is not used under another', async () => {
  const peers = new Set<number | undefined>();
  const server = await serve((request, response) => {
    peers.add(request.socket.remotePort);
    response.writeHead(200, { connection: 'keep-alive' }).end('ok');
  });
  const at = `http://api.test:${server.port}`;
  const ask = (rules: Parameters<typeof egress>[1]) => egress(requestTo(`${at}/`), rules, resolving(['127.0.0.1']));
  expect(await ask({ hosts: [at], allowPrivate: true })).toMatchObject({ kind: 'answered' });
  expect(await ask({ hosts: [at], allowPrivate: true })).toMatchObject({ kind: 'answered' });
  expect(peers.size).toBe(2);
  expect(await ask({ hosts: [at], allowPrivate: false })).toMatchObject({ kind: 'denied', sent: false });
  expect(await ask({ hosts: ['other.test'], allowPrivate: true })).toMatchObject({ kind: 'denied', sent: false });
  expect(await ask({ hosts: [at], allowPrivate: true, within: [['other.test']] })).toMatchObject({ kind: 'denied' });
  expect(peers.size).toBe(2);
});

describe('one deadline over everything', () => {
  test('ends a server that never answers, headers that trickle and a body that drips', async () => {
    for (const greeting of ['', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n']) {
      const server = createTcpServer((socket) => {
        socket.write(greeting);
        const drip = setInterval(
          () => socket.write(greeting.endsWith('\r\n\r\n') ? 'x' : greeting === '' ? '' : 'x: y\r\n'),
          20,
        );
        socket.on('error', () => undefined).on('close', () => clearInterval(drip));
      }).listen(0, '127.0.0.1');
      onTestFinished(() => void server.close());
      await once(server, 'listening');
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const outcome = await egress(requestTo(url, { deadlineMs: 1_000 }), { hosts: [url], ...opened });
      expect(outcome).toEqual({ kind: 'timeout', message: 'The call took longer than 1000 ms.', sent: true });
    }
  });

  test('covers a resolver that never answers, and then nothing was sent', async () => {
    const network = { resolve: () => new Promise<readonly string[]>(() => undefined) };
    const outcome = await egress(
      requestTo('https://api.test/', { deadlineMs: 50 }),
      { hosts: ['api.test'], ...opened },
      network,
    );
    expect(outcome).toMatchObject({ kind: 'timeout', sent: false });
  });

  test('and the worker’s own signal ends a call at once', async () => {
    const worker = new AbortController();
    const server = await serve(() => worker.abort());
    const outcome = await egress(requestTo(server.url, { signal: worker.signal }), { hosts: [server.url], ...opened });
    expect(outcome).toMatchObject({ kind: 'aborted', sent: true });
    const before = await egress(requestTo(server.url, { signal: worker.signal }), { hosts: [server.url], ...opened });
    expect(before).toMatchObject({ kind: 'aborted', sent: false });
  });
});

describe('TLS is always verified', () => {
  async function serveTls(leaf: { cert: string; key: string }): Promise<number> {
    const server = createTlsServer(leaf, (_request, response) => void response.end('ok')).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  async function ask(host: string, port: number, ca?: string): ReturnType<typeof egress> {
    const rules = { hosts: [`${host}:${port}`], ...opened };
    return await egress(requestTo(`https://${host}:${port}/`), rules, {
      ...resolving(['127.0.0.1']),
      ...(ca === undefined ? {} : { ca }),
    });
  }

  test('a good certificate passes, for a name and for an address', async () => {
    const port = await serveTls(goodLeaf);
    expect(await ask('api.test', port, testRoot)).toMatchObject({ kind: 'answered', status: 200 });
    expect(await ask('127.0.0.1', port, testRoot)).toMatchObject({ kind: 'answered', status: 200 });
  });

  test.each([
    ['an unknown root', goodLeaf, 'api.test', undefined, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['another name', goodLeaf, 'other.test', testRoot, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['another address', goodLeaf, '127.0.0.2', testRoot, 'network'],
    ['a certificate that expired', expiredLeaf, 'api.test', testRoot, 'CERT_HAS_EXPIRED'],
  ])('%s is refused before anything is sent', async (_name, leaf, host, ca, code) => {
    // The variable that switches verification off everywhere else.
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    onTestFinished(() => void vi.unstubAllEnvs());
    const outcome = await ask(host, await serveTls(leaf), ca);
    expect(outcome).toMatchObject({ kind: 'network', sent: false });
    if (code !== 'network') expect(outcome).toMatchObject({ message: expect.stringContaining(code) });
  });
});

test('proxies named in the environment are never asked', async () => {
  let proxied = 0;
  const proxy = await serve((_request, response) => {
    proxied += 1;
    response.end();
  });
  for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY', 'NODE_USE_ENV_PROXY'])
    vi.stubEnv(name, proxy.url);
  onTestFinished(() => void vi.unstubAllEnvs());
  const server = await serve((_request, response) => void response.end('direct'));
  expect(await egress(requestTo(server.url), { hosts: [server.url], ...opened })).toMatchObject({
    kind: 'answered',
    status: 200,
  });
  expect(proxied).toBe(0);
});

test('an answer over its limit is cut off, and one that ends early is a broken connection', async () => {
  const server = await serve((request, response) => {
    if (request.url === '/big') return void response.end('x'.repeat(101));
    response.writeHead(200, { 'content-length': '50' });
    response.write('x', () => response.destroy());
  });
  const rules = { hosts: [server.url], ...opened };
  expect(await egress(requestTo(`${server.url}/big`, { responseBytesMax: 100 }), rules)).toMatchObject({
    kind: 'tooLarge',
    sent: true,
  });
  expect(await egress(requestTo(`${server.url}/big`, { responseBytesMax: 101 }), rules)).toMatchObject({
    kind: 'answered',
  });
  expect(await egress(requestTo(`${server.url}/cut`), rules)).toMatchObject({ kind: 'network', sent: true });
});

test('a closed port and a name without an address are failures in which nothing was sent', async () => {
  const server = await serve(() => undefined);
  await server.close();
  expect(await egress(requestTo(server.url), { hosts: [server.url], ...opened })).toMatchObject({
    kind: 'network',
    sent: false,
    message: expect.stringContaining('ECONNREFUSED'),
  });
  expect(await egress(requestTo('https://api.test/'), { hosts: ['api.test'], ...opened }, resolving([]))).toMatchObject(
    { kind: 'network', sent: false },
  );
});
