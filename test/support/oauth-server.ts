import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { bodyOf, listen } from './loopback.ts';

interface Asked {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface OAuthServer {
  readonly tokenUrl: string;
  readonly asked: readonly Asked[];
  close(): Promise<void>;
}

/** A server of tokens: `token-1`, `token-2`, … for an hour, or what `answer` makes of it. */
export async function startOAuthServer(
  answer: (response: ServerResponse, nth: number) => Promise<void> | void = (response, nth) => grant(response, nth),
): Promise<OAuthServer> {
  const asked: Asked[] = [];
  const server = await listen(async (request, response) => {
    asked.push({ headers: request.headers, body: await bodyOf(request) });
    await answer(response, asked.length);
  });
  return { tokenUrl: `${server.url}/token`, asked, close: () => server.close() };
}

export function grant(response: ServerResponse, nth: number, change: Readonly<Record<string, unknown>> = {}): void {
  const token = { access_token: `token-${nth}`, token_type: 'Bearer', expires_in: 3600, ...change };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(token));
}
