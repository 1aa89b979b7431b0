import { embedByWords } from '../../src/models/scripted-embedding.ts';
import { bodyOf, listen } from './loopback.ts';

interface EmbeddingAsked {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: { readonly model: string; readonly input: readonly string[]; readonly dimensions?: number };
}

export interface EmbeddingServer {
  /** Base URL, with `/v1`. */
  readonly url: string;
  readonly asked: EmbeddingAsked[];
  /** What is answered in place of the truth; undefined: the truth. */
  liar: ((asked: EmbeddingAsked, answer: EmbeddingBody) => unknown) | undefined;
  /** Before each answer. */
  before: ((asked: EmbeddingAsked) => Promise<unknown> | undefined) | undefined;
  /** The status of the next answers, one each; then 200. */
  readonly statuses: number[];
  close(): Promise<void>;
}

interface EmbeddingBody {
  readonly object: 'list';
  readonly model: string;
  readonly data: readonly {
    readonly object: 'embedding';
    readonly index: number;
    readonly embedding: readonly number[];
  }[];
  readonly usage: { readonly prompt_tokens: number; readonly total_tokens: number };
}

/** A server on the loopback interface that speaks OpenAI's embeddings: texts that share words are alike. */
export async function startEmbeddingServer(dimensions = 64): Promise<EmbeddingServer> {
  const asked: EmbeddingAsked[] = [];
  const statuses: number[] = [];
  const server = await listen(async (request, response) => {
    const body = JSON.parse(await bodyOf(request)) as EmbeddingAsked['body'];
    const one = { path: request.url ?? '', authorization: request.headers.authorization, body };
    asked.push(one);
    await self.before?.(one);
    const status = statuses.shift() ?? (one.path === '/v1/embeddings' ? 200 : 404);
    const answer = status === 200 ? truth(body, dimensions) : { error: { message: `refused ${one.authorization}` } };
    const told = status === 200 ? (self.liar?.(one, answer as EmbeddingBody) ?? answer) : answer;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof told === 'string' ? told : JSON.stringify(told));
  });
  const self: EmbeddingServer = {
    url: `${server.url}/v1`,
    asked,
    statuses,
    liar: undefined,
    before: undefined,
    close: () => server.close(),
  };
  return self;
}

function truth({ model, input }: EmbeddingAsked['body'], dimensions: number): EmbeddingBody {
  const { vectors } = embedByWords({ texts: input, dimensions, textsAre: 'document' });
  return {
    object: 'list',
    model,
    // In another order than was asked: `index` says which is whose.
    data: vectors.map((vector, index) => ({ object: 'embedding' as const, index, embedding: [...vector] })).reverse(),
    usage: { prompt_tokens: 7 * input.length, total_tokens: 7 * input.length },
  };
}
