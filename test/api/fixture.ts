import { request } from 'node:http';
import { createLog } from '../../src/log.ts';
import { ownToken } from '../../src/api/identity.ts';
import { localPerson } from '../../src/policy/person.ts';
import { startServer } from '../../src/api/server.ts';
import type { ApiServer } from '../../src/api/server.ts';
import { recordingOperations } from './answers.ts';

export const token = 'a-token-for-tests';
export const identify = ownToken(token, localPerson('me'));

export async function startTestServer(calls: unknown[] = [], version = '0.1.0'): Promise<ApiServer> {
  const operations = recordingOperations(calls);
  return startServer({
    operations: () => operations,
    identify,
    version,
    log: createLog('silent'),
    ready: () => Promise.resolve(),
    port: 0,
  });
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A request as bytes on the wire: fetch would mend the Host header. */
export function send(
  address: string,
  path: string,
  options: {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  } = {},
): Promise<Answer> {
  const { promise, resolve, reject } = withResolvers<Answer>();
  const sent = request(
    `${address}${path}`,
    { method: options.method ?? 'GET', headers: { ...options.headers }, agent: false, timeout: 40_000 },
    (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
      response.on('error', reject);
    },
  );
  sent.on('error', reject);
  sent.end(options.body);
  return promise;
}

function withResolvers<Value>(): {
  promise: Promise<Value>;
  resolve: (value: Value) => void;
  reject: (error: unknown) => void;
} {
  let resolve: (value: Value) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<Value>((settle, fail) => {
    resolve = settle;
    reject = fail;
  });
  return { promise, resolve, reject };
}
