import { type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { TunnelLimits } from './egress-tunnel.ts';

/** One request of a program, and the connection that was made for it. */
interface Forwarding {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly target: URL;
  readonly upstream: Socket;
}

/** They are of one connection, and there are two. */
const hopByHop = `
  connection proxy-connection keep-alive te trailer transfer-encoding upgrade
  proxy-authorization proxy-authenticate host expect
`
  .trim()
  .split(/\s+/);

/** Hands one request on as the host's own, and its answer back, within the limits of a connection. */
export async function forward(
  { request, response, target, upstream }: Forwarding,
  limits: Pick<TunnelLimits, 'bytesMax' | 'idleMs' | 'lifeMs'>,
  counted: (bytes: number) => void,
): Promise<void> {
  let bytes = 0;
  const count = (chunk: Buffer) => {
    bytes += chunk.byteLength;
    counted(chunk.byteLength);
    if (bytes > limits.bytesMax) upstream.destroy();
  };
  const life = setTimeout(() => upstream.destroy(), limits.lifeMs);
  upstream.setTimeout(limits.idleMs, () => upstream.destroy());
  try {
    const answer = await asked({ request, response, target, upstream }, count);
    answer.on('data', count);
    const status = answer.statusCode ?? 0;
    if (status < 200 || status > 599) throw new Error(`the host answered with status ${status}`);
    response.writeHead(status, { ...kept(answer.headers), connection: 'close' });
    await pipeline(answer, response);
  } finally {
    clearTimeout(life);
  }
}

/** The beginning of the answer; rejects where there is none, or something that is not one. */
function asked({ request, response, target, upstream }: Forwarding, count: (chunk: Buffer) => void) {
  return new Promise<IncomingMessage>((resolve, reject) => {
    const out = httpRequest({
      createConnection: () => upstream,
      method: request.method ?? 'GET',
      path: `${target.pathname}${target.search}`,
      headers: { ...kept(request.headers), host: target.host, connection: 'close' },
    });
    out.on('error', reject);
    out.once('response', resolve);
    // A host may change the protocol without being asked to. Of what is said then, nothing here would hear an end.
    out.once('upgrade', (_answer, socket) => {
      socket.destroy();
      reject(new Error('the host changed the protocol'));
    });
    upstream.once('close', () => reject(new Error('the host closed the connection')));
    request.on('data', count);
    request.once('aborted', () => upstream.destroy());
    response.once('close', () => upstream.destroy());
    request.pipe(out);
  });
}

function kept(headers: IncomingMessage['headers']): Record<string, string | string[]> {
  const named = String(headers.connection ?? '').split(',');
  const dropped = new Set([...hopByHop, ...named.map((name) => name.trim().toLowerCase())]);
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || dropped.has(name) ? [] : [[name, value] as const],
    ),
  );
}
