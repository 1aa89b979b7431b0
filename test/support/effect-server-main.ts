import { appendFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { bodyOf, listen } from './loopback.ts';

const [log = ''] = process.argv.slice(2);
const seenKeys = new Set<string>();
const held: (() => void)[] = [];
let waiting: { readonly count: number; readonly answer: () => void }[] = [];
let count = 0;

writeFileSync(log, '');
const server = await listen(answer);
process.stdout.write(`listening on ${server.url}\n`);

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', server.url);
  if (url.pathname.startsWith('/-/')) return control(url, response);
  record(request, url, await bodyOf(request));
  const [, behaviour, code] = url.pathname.split('/');
  const finish = (): void => reply(response, 200, { ok: true, count });
  if (behaviour === 'hold') held.push(finish);
  else if (behaviour === 'drop') response.destroy();
  else if (behaviour === 'status') {
    const retryAfter = url.searchParams.get('retryAfter');
    if (retryAfter !== null) response.setHeader('retry-after', retryAfter);
    reply(response, Number(code), { error: `status ${code}` });
  } else finish();
}

/** Written before the answer, and synchronously: a server killed after its effect still shows the effect. */
function record(request: IncomingMessage, url: URL, body: string): void {
  const key = request.headers['idempotency-key'];
  const applied = typeof key !== 'string' || !seenKeys.has(key);
  if (typeof key === 'string') seenKeys.add(key);
  const at = new Date().toISOString();
  const line = { method: request.method, path: url.pathname + url.search, key, body: parsed(body), applied, at };
  appendFileSync(log, `${JSON.stringify(line)}\n`);
  count += 1;
  for (const waiter of waiting) if (waiter.count <= count) waiter.answer();
  waiting = waiting.filter((waiter) => waiter.count > count);
}

function control(url: URL, response: ServerResponse): void {
  if (url.pathname === '/-/release') {
    for (const finish of held.splice(0)) finish();
    return reply(response, 200, {});
  }
  const wanted = Number(url.searchParams.get('count'));
  const done = (): void => reply(response, 200, { count });
  if (count >= wanted) done();
  else waiting.push({ count: wanted, answer: done });
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function parsed(body: string): unknown {
  if (body === '') return null;
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
