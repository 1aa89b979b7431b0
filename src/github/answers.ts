import type { Octokit } from '@octokit/rest';

interface Answer {
  readonly etag: string;
  readonly response: {
    readonly headers: object;
    readonly data: unknown;
    readonly status: number;
    readonly url: string;
  };
}

const answersMax = 500;

/**
 * Asks again with the ETag of the answer before: GitHub says in a few bytes that nothing changed, and does not count it
 * against the limit of an hour. Answers are never used without that word.
 */
export function rememberAnswers(octokit: Octokit): void {
  const answers = new Map<string, Answer>();
  octokit.hook.wrap('request', async (request, options) => {
    if (options.method !== 'GET') return request(options);
    const { url } = octokit.request.endpoint(options);
    const key = `${String(options.headers.accept)} ${url}`;
    const known = answers.get(key);
    try {
      // Hooks hand on the options that they were given: what is put in their place is not seen.
      if (known !== undefined) options.headers['if-none-match'] = known.etag;
      const response = await request(options);
      const { etag } = response.headers;
      answers.delete(key);
      if (etag !== undefined) answers.set(key, { etag, response: structuredClone(response) });
      const [oldest] = answers.keys();
      if (answers.size > answersMax && oldest !== undefined) answers.delete(oldest);
      return response;
    } catch (error) {
      if (known === undefined || !isUnchanged(error)) throw error;
      // Whoever changes what they are given changes nobody else's.
      return structuredClone(known.response) as Awaited<ReturnType<typeof request>>;
    }
  });
}

function isUnchanged(error: unknown): boolean {
  return error instanceof Error && 'status' in error && error.status === 304;
}
