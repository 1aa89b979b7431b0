import type { Log } from '../log.ts';
import { bodyOf, type HookLimits, ratesOf, refusal, takeTurn } from './hook-request.ts';
import type { Api } from './route.ts';

/** A request to a webhook, before anybody knows who sent it. */
export interface HookRequest {
  readonly environment: string;
  /** `namespace/name`. */
  readonly webhook: string;
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

export interface HookAnswer {
  readonly status: 'started' | 'duplicate' | 'filtered' | 'suspended';
  readonly run?: string;
}

/** Takes a request, or throws why not. */
export type HookDoor = (request: HookRequest) => Promise<HookAnswer>;

/** A route without a token: a request proves itself by what its webhook asks for. */
export function addHooks(app: Api, door: HookDoor, { log, ...limits }: HookLimits & { log: Log }): void {
  const { bodyMs } = limits;
  const rates = ratesOf(limits);
  app.post('/hooks/:environment/:namespace/:name', async (context) => {
    try {
      takeTurn(rates, context, limits.isProxied);
      const { environment, namespace, name } = context.req.param();
      const body = await bodyOf(context.req.raw, bodyMs);
      const headers = Object.fromEntries(context.req.raw.headers);
      const answer = await door({ environment, webhook: `${namespace}/${name}`, body, headers });
      return context.json(publicAnswer(answer), 202);
    } catch (error) {
      const answer = refusal(error);
      if (answer.status >= 500) log.error({ err: error, path: context.req.path }, 'webhook could not be taken');
      return answer;
    }
  });
}

function publicAnswer({ status, run }: HookAnswer): object {
  return run === undefined ? { status } : { status, run };
}
