import { describe, expect, test } from 'vitest';
import { egress } from '../../src/tools/egress.ts';
import { requestTo, serve } from './fixture.ts';

const opened = { allowPrivate: true };

describe('redirects', () => {
  test('are followed three times and no more', async () => {
    const server = await serve((request, response) => {
      const left = Number(request.url?.slice(1));
      if (left === 0) response.end('there');
      else response.writeHead(302, { location: `/${left - 1}` }).end();
    });
    const rules = { hosts: [server.url], ...opened };
    expect(await egress(requestTo(`${server.url}/3`), rules)).toMatchObject({ kind: 'answered', status: 200 });
    expect(await egress(requestTo(`${server.url}/4`), rules)).toMatchObject({ kind: 'denied', sent: true });
  });

  test.each([
    'http://169.254.169.254/',
    'http://other.test/',
    'file:///etc/passwd',
    'https://allowed.com@evil.com/',
    'http://[::ffff:127.0.0.1]/',
    'http://%',
  ])('to %s are denied', async (location) => {
    const server = await serve((_request, response) => void response.writeHead(302, { location }).end());
    expect(await egress(requestTo(server.url), { hosts: [server.url], ...opened })).toMatchObject({ kind: 'denied' });
  });

  test('to another origin lose every credential, and within one keep them', async () => {
    const seen: unknown[] = [];
    const other = await serve((request, response) => {
      seen.push([
        request.headers.authorization,
        request.headers.cookie,
        request.headers['x-api-key'],
        request.headers['x-trace'],
      ]);
      response.end();
    });
    const server = await serve((request, response) => {
      if (request.url === '/') return void response.writeHead(307, { location: '/again' }).end();
      seen.push([request.headers.authorization, request.headers['x-api-key']]);
      response.writeHead(307, { location: other.url }).end();
    });
    const headers = { authorization: 'Bearer s', cookie: 'c=1', 'x-api-key': 'k', 'x-trace': 't' };
    await egress(requestTo(`${server.url}/`, { headers, credentials: ['X-Api-Key'] }), {
      hosts: [server.url, other.url],
      ...opened,
    });
    expect(seen).toEqual([
      ['Bearer s', 'k'],
      [undefined, undefined, undefined, 't'],
    ]);
  });

  test('after a POST become a GET without its body, unless the server asks to repeat it', async () => {
    const seen: unknown[] = [];
    const server = await serve(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      seen.push([request.method, request.url, body]);
      const status = Number(request.url?.slice(1));
      if (Number.isInteger(status) && status > 0) response.writeHead(status, { location: '/end' });
      response.end();
    });
    for (const status of [302, 303, 307]) {
      await egress(requestTo(`${server.url}/${status}`, { method: 'POST', body: 'x' }), {
        hosts: [server.url],
        ...opened,
      });
    }
    expect(seen.filter((_, at) => at % 2 === 1)).toEqual([
      ['GET', '/end', ''],
      ['GET', '/end', ''],
      ['POST', '/end', 'x'],
    ]);
  });
});

describe('the hosts of policies', () => {
  const lists = (...within: readonly (readonly string[])[]) => within;

  test('narrow those of the tool, each by itself', async () => {
    const server = await serve((_request, response) => void response.end('here'));
    const hosts = [server.url];
    const rules = { hosts, allowPrivate: true };
    const ask = (within: readonly (readonly string[])[]) => egress(requestTo(server.url), { ...rules, within });
    expect(await ask(lists(hosts, ['*.example.com', server.url]))).toMatchObject({ kind: 'answered' });
    expect(await ask(lists(hosts, ['*.example.com']))).toMatchObject({ kind: 'denied', sent: false });
    expect(await ask(lists([]))).toMatchObject({ kind: 'denied', sent: false });
  });

  test('hold for where a redirect leads, too', async () => {
    let reached = 0;
    const target = await serve((_request, response) => {
      reached += 1;
      response.end('there');
    });
    const first = await serve((_request, response) => void response.writeHead(302, { location: target.url }).end());
    const rules = { hosts: [first.url, target.url], allowPrivate: true, within: [[first.url]] };
    expect(await egress(requestTo(first.url), rules)).toMatchObject({ kind: 'denied', sent: true });
    expect(reached).toBe(0);
  });
});
