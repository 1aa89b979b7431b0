import { embedByWords } from '../../src/models/scripted-embedding.ts';
import { bodyOf, listen } from './loopback.ts';

interface CloudAsked {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface CloudEmbeddingServer {
  readonly url: string;
  readonly asked: CloudAsked[];
  /** What is answered in place of the truth; undefined: the truth. */
  liar: ((path: string) => unknown) | undefined;
  /** The status of the next answers, one each; then 200. */
  readonly statuses: number[];
  close(): Promise<void>;
}

interface Answer {
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A server on the loopback interface that embeds as Gemini and Bedrock's models do, each at its own paths. */
export async function startCloudEmbeddingServer(): Promise<CloudEmbeddingServer> {
  const server = await listen(async (request, response) => {
    const path = decodeURIComponent(request.url ?? '');
    const body = JSON.parse(await bodyOf(request)) as CloudAsked['body'];
    self.asked.push({ path, headers: request.headers, body });
    const status = self.statuses.shift() ?? 200;
    const told = self.liar?.(path);
    const answer = told === undefined ? truth(path, body) : { body: told };
    const refused = { message: `refused ${request.headers.authorization ?? ''}` };
    response.writeHead(status, { 'content-type': 'application/json', ...answer.headers });
    response.end(JSON.stringify(status === 200 ? answer.body : refused));
  });
  const self: CloudEmbeddingServer = {
    url: server.url,
    asked: [],
    liar: undefined,
    statuses: [],
    close: () => server.close(),
  };
  return self;
}

const vectors = (texts: readonly string[], dimensions: number): readonly number[][] =>
  embedByWords({ texts, dimensions, textsAre: 'document' }).vectors.map((vector) => [...vector]);

function truth(path: string, body: CloudAsked['body']): Answer {
  if (path.endsWith(':batchEmbedContents')) {
    const requests = body['requests'] as readonly GeminiRequest[];
    return { body: { embeddings: requests.map((one) => ({ values: gemini(one) })) } };
  }
  if (path.endsWith(':embedContent'))
    return { body: { embedding: { values: gemini(body as unknown as GeminiRequest) } } };
  if (path.includes('titan')) {
    const { inputText = '', dimensions = 1536 } = body as { inputText?: string; dimensions?: number };
    return { body: { embedding: vectors([inputText], dimensions)[0], inputTextTokenCount: 5 } };
  }
  if (path.includes('nova')) {
    const { embeddingDimension, text } = body['singleEmbeddingParams'] as NovaParams;
    const [embedding] = vectors([text.value], embeddingDimension);
    return { body: { embeddings: [{ embeddingType: 'TEXT', embedding }], inputTokenCount: 6 } };
  }
  const { texts, output_dimension: dimensions = 1024 } = body as { texts: string[]; output_dimension?: number };
  const made = vectors(texts, dimensions);
  return {
    body: { embeddings: path.includes('v4') ? { float: made } : made },
    headers: { 'x-amzn-bedrock-input-token-count': '7' },
  };
}

interface GeminiRequest {
  readonly content: { readonly parts: readonly [{ readonly text: string }] };
  readonly outputDimensionality: number;
}

interface NovaParams {
  readonly embeddingDimension: number;
  readonly text: { readonly value: string };
}

function gemini({ content: { parts }, outputDimensionality }: GeminiRequest): readonly number[] {
  return vectors([parts[0].text], outputDimensionality)[0] ?? [];
}
