import { neutral } from '../manifest/neutral.ts';
import type { Check } from './app-port.ts';

/** What was found of pawl's way to GitHub, in words. */
export interface GitHubFindings {
  readonly repository: string;
  readonly kind: 'app' | 'token';
  readonly login: string | undefined;
  readonly fault: string | undefined;
  readonly help?: string | undefined;
  readonly missing: readonly string[];
  /** Whether webhooks can be proved. */
  readonly hasWebhookSecret: boolean;
}

/** Whether pull requests can be planned on; never a token, a key or a secret. */
export function checkGitHub(found: GitHubFindings): readonly Check[] {
  const { repository, kind, login, fault, help, missing, hasWebhookSecret } = found;
  if (fault !== undefined) {
    return [{ name: 'github', state: 'failed', detail: fault, ...(help === undefined ? {} : { help }) }];
  }
  const how = kind === 'app' ? 'check runs' : 'commit statuses, as a token may not write check runs';
  const detail = `${neutral(repository)} as ${neutral(login ?? '')}, with ${how}`;
  return [
    { name: 'github', state: 'ok', detail },
    ...missing.map((one): Check => {
      const cure =
        kind === 'app'
          ? 'Give it on the page of the App, and accept it where it is installed.'
          : 'Give it to the token.';
      return { name: 'github permission', state: 'warning', detail: `missing ${neutral(one)}`, help: cure };
    }),
    hasWebhookSecret
      ? { name: 'github webhook', state: 'ok', detail: 'taken at /hooks/github, with a secret' }
      : {
          name: 'github webhook',
          state: 'warning',
          detail: 'none is taken: pull requests are found by a sweep every 5 minutes',
          help: 'Set PAWL_GITHUB_WEBHOOK_SECRET_FILE.',
        },
  ];
}
