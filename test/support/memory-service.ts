import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { bodyOf, listen, type LoopbackServer } from './loopback.ts';

type Body = Readonly<Record<string, unknown>>;

/** One request of pawl, as it came. */
export interface Asked {
  readonly operation: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Body;
}

export interface MemoryService extends LoopbackServer {
  readonly asked: Asked[];
  /** What answers in the place of the service, for as long as it gives something; absent: the service. */
  liar: ((asked: Asked, response: ServerResponse) => object | 'answered' | undefined) | undefined;
  /** Every entry, by memory and key. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** Every message of a session, by memory, agent and session. */
  readonly sessions: ReadonlyMap<string, readonly Message[]>;
}

interface Entry {
  readonly key: string;
  readonly value?: unknown;
  readonly parts?: readonly string[];
  readonly writtenBy: string;
  readonly writtenAt: string;
}

interface Message {
  readonly role: string;
  readonly text: string;
}

/** A service of the protocol of docs/memory.md, which keeps what it is told in this process. */
export async function startMemoryService(): Promise<MemoryService> {
  const kept = new Kept();
  const asked: Asked[] = [];
  const server = await listen(async (request, response) => {
    const one = await askedOf(request);
    asked.push(one);
    const answer = service.liar?.(one, response) ?? kept.answer(one);
    if (answer === 'answered') return;
    const { environment, memory } = one.body;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ environment, memory, ...answer }));
  });
  const service: MemoryService = { ...server, asked, liar: undefined, entries: kept.entries, sessions: kept.sessions };
  return service;
}

async function askedOf(request: IncomingMessage): Promise<Asked> {
  const text = await bodyOf(request);
  const body: Body = text === '' ? {} : JSON.parse(text);
  return { operation: (request.url ?? '').split('/').at(-1) ?? '', headers: request.headers, body };
}

class Kept {
  readonly entries = new Map<string, Entry>();
  readonly sessions = new Map<string, Message[]>();
  readonly #done = new Set<string>();

  answer({ operation, headers, body }: Asked): object {
    const of = `${String(body['environment'])} ${String(body['memory'])}`;
    const session = `${of} ${String(body['agent'])} ${String(body['session'])}`;
    switch (operation) {
      case 'put':
        return this.#once(headers, () => this.entries.set(`${of} ${String(body['key'])}`, entryOf(body)));
      case 'append':
        return this.#once(headers, () =>
          this.sessions.set(session, [...(this.sessions.get(session) ?? []), ...(body['messages'] as Message[])]),
        );
      case 'get':
        return { entry: this.entries.get(`${of} ${String(body['key'])}`) ?? null };
      case 'list':
        return { entries: this.#listed(of, body) };
      case 'search':
        return { entries: this.#found(of, body) };
      case 'history':
        return { messages: (this.sessions.get(session) ?? []).slice(-Number(body['limit'])) };
      default:
        return {};
    }
  }

  /** What is asked with a key that was seen changes nothing. */
  #once(headers: IncomingHttpHeaders, work: () => void): object {
    const key = String(headers['idempotency-key']);
    if (!this.#done.has(key)) work();
    this.#done.add(key);
    return { written: true };
  }

  #of(of: string): readonly Entry[] {
    const own = [...this.entries].filter(([name]) => name.startsWith(`${of} `)).map(([, entry]) => entry);
    return own.sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
  }

  #listed(of: string, { prefix, after, limit }: Body): readonly Entry[] {
    return this.#of(of)
      .filter(
        ({ key }) => key.startsWith(String(prefix)) && Buffer.compare(Buffer.from(key), Buffer.from(String(after))) > 0,
      )
      .slice(0, Number(limit));
  }

  /** Alike is what shares words. */
  #found(of: string, { query, topK, minScore }: Body): readonly object[] {
    const words = String(query).toLowerCase().split(/\W+/);
    return this.#of(of)
      .flatMap((entry) => (entry.parts ?? [entry.value]).map((value) => ({ ...entry, parts: undefined, value })))
      .map((entry) => {
        const text = JSON.stringify(entry.value).toLowerCase();
        return { ...entry, score: words.filter((word) => text.includes(word)).length / words.length };
      })
      .filter(({ score }) => score > 0 && score >= Number(minScore))
      .sort((a, b) => b.score - a.score)
      .slice(0, Number(topK));
  }
}

function entryOf({ key, value, parts, writtenBy }: Body): Entry {
  const kept = parts === undefined ? { value } : { parts: parts as readonly string[] };
  return { key: String(key), ...kept, writtenBy: String(writtenBy), writtenAt: '2026-11-01T10:00:00.000Z' };
}
