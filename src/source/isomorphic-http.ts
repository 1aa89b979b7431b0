import type { GitHttpRequest, GitHttpResponse, HttpClient } from 'isomorphic-git';
import { fetchTooLarge, redirected } from './fetch-errors.ts';

export interface HttpLimits {
  readonly signal: AbortSignal;
  readonly bytesMax: number;
}

const requestBytesMax = 16 * 1024 * 1024;

/** The transport that isomorphic-git fetches by: it counts bytes, follows no redirect and can be interrupted. */
export function boundedHttp(limits: HttpLimits): HttpClient {
  let bytes = 0;
  const count = (chunk: Uint8Array): Uint8Array => {
    bytes += chunk.length;
    if (bytes > limits.bytesMax) throw fetchTooLarge(limits.bytesMax);
    return chunk;
  };
  return { request: (request) => send(request, limits.signal, count) };
}

async function send(
  request: GitHttpRequest,
  signal: AbortSignal,
  count: (chunk: Uint8Array) => Uint8Array,
): Promise<GitHttpResponse> {
  const body = request.body === undefined ? null : await collect(request.body);
  const method = request.method ?? 'GET';
  const response = await fetch(request.url, {
    method,
    headers: request.headers ?? {},
    body,
    signal,
    redirect: 'manual',
  });
  if (response.status >= 300 && response.status < 400) {
    await response.body?.cancel();
    throw redirected(new URL(request.url).origin);
  }
  return {
    url: response.url,
    method,
    statusCode: response.status,
    statusMessage: response.statusText,
    headers: Object.fromEntries(response.headers),
    body: chunksOf(response, count),
  };
}

async function* chunksOf(
  response: Response,
  count: (chunk: Uint8Array) => Uint8Array,
): AsyncIterableIterator<Uint8Array> {
  if (response.body === null) return;
  for await (const chunk of response.body) yield count(chunk);
}

async function collect(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > requestBytesMax) throw fetchTooLarge(requestBytesMax);
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks, length));
}
