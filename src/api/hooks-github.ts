import type { Log } from '../log.ts';
import { bodyOf, type HookLimits, ratesOf, refusal, takeTurn } from './hook-request.ts';
import type { Api } from './route.ts';

/** A webhook of GitHub, before anybody knows who sent it. */
export interface GitHubHookRequest {
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** Takes a webhook, or throws why not. */
export type GitHubHookDoor = (request: GitHubHookRequest) => Promise<{ readonly status: string }>;

/** Without a token: a webhook proves itself by its signature. What it leads to is done after the answer. */
export function addGitHubHook(app: Api, door: GitHubHookDoor, { log, ...limits }: HookLimits & { log: Log }): void {
  const rates = ratesOf(limits);
  app.post('/hooks/github', async (context) => {
    try {
      takeTurn(rates, context, limits.isProxied);
      const body = await bodyOf(context.req.raw, limits.bodyMs);
      const { status } = await door({ body, headers: Object.fromEntries(context.req.raw.headers) });
      return context.json({ status }, 202);
    } catch (error) {
      const answer = refusal(error);
      if (answer.status >= 500) log.error({ err: error, path: context.req.path }, 'webhook could not be taken');
      return answer;
    }
  });
}
