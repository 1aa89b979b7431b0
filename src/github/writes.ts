import { setTimeout as delay } from 'node:timers/promises';
import type { Octokit } from '@octokit/rest';

/**
 * One write after the other, a while apart, as GitHub asks of its clients. A POST whose answer was lost may have been
 * carried out: it is not sent again here, because whoever makes something looks for it first.
 */
export function oneAtATime(octokit: Octokit, { gapMs }: { readonly gapMs: number }): void {
  let last: Promise<unknown> = Promise.resolve();
  octokit.hook.wrap('request', async (request, options) => {
    // A login is asked for in the middle of a write, and would wait for it here.
    const isLogin = options.url.endsWith('/access_tokens');
    if (options.method === 'GET' || options.method === 'HEAD' || isLogin) return request(options);
    // Hooks hand on the options that they were given: what is put in their place is not seen.
    if (options.method === 'POST') options.request = { ...options.request, retries: 0 };
    const written = last.then(() => request(options));
    const rest = (): Promise<void> => delay(gapMs, undefined, { ref: false });
    last = written.then(rest, rest);
    return written;
  });
}
