import { secretsOf } from './app-secrets.ts';
import type { Closers } from './closers.ts';
import type { Config } from './config.ts';
import { Alerts } from './controller/alerts.ts';
import type { Delivering, Post, Posted } from './controller/delivering.ts';
import { Outbox } from './controller/outbox.ts';
import type { ControlPlane } from './controller/planning.ts';
import { type Log, subsystemLog } from './log.ts';
import { Periodic } from './run/periodic.ts';
import type { Database } from './store/database-port.ts';
import { type Network, systemNetwork } from './tools/connect.ts';
import { egress } from './tools/egress.ts';
import type { SecretSource } from './tools/secret-reading.ts';
import { bundleSecrets } from './tools/secrets.ts';

interface Starting {
  readonly plane: ControlPlane;
  readonly log: Log;
  readonly stack: Closers;
}

const alertsMs = 10_000;
const outboxMs = 5_000;

/** Looks at what is wrong, and tells receivers, beside a controller: any number of processes may. */
export function startAlerts(config: Config, { plane, log, stack }: Starting): void {
  const alertLog = subsystemLog(log, 'alerts');
  const { database } = plane;
  const alerts = new Alerts({ plane, log: alertLog });
  const delivering = deliveringOf({ database, secrets: secretsOf(config, database), publicUrl: config.api.publicUrl });
  const outbox = new Outbox({ ...delivering, log: alertLog });
  const stop = new AbortController();
  const deliver = new Periodic({
    name: 'outbox',
    everyMs: outboxMs,
    log: alertLog,
    work: async () => void (await outbox.tick(stop.signal)),
  });
  const look = new Periodic({
    name: 'alerts',
    everyMs: alertsMs,
    log: alertLog,
    work: async () => void (await alerts.tick()),
  });
  look.start();
  deliver.start();
  stack.add(async () => {
    stop.abort();
    await look.stop();
    await deliver.stop();
  });
}

export interface Reaching {
  readonly database: Database;
  readonly secrets: SecretSource;
  readonly publicUrl?: string | undefined;
  readonly network?: Network;
}

/** How messages leave this process: under the guard of tools, following nobody, with secrets read at that moment. */
export function deliveringOf({ database, secrets, publicUrl, network = systemNetwork }: Reaching): Delivering {
  return {
    database,
    post: (request) => postOnce(request, network),
    readSecret: ({ environment, secret, key, source, keys }) =>
      bundleSecrets({ [secret]: { source, keys } }, secrets, environment).resolve({ secret, key }),
    publicUrl,
  };
}

async function postOnce({ url, allowPrivate, ...request }: Post, network: Network): Promise<Posted> {
  // A value that is not an address is a secret all the same: nothing of it is repeated.
  const to = URL.canParse(url) ? new URL(url) : undefined;
  const isSafe = to?.protocol === 'https:' || (to?.protocol === 'http:' && allowPrivate);
  if (to === undefined || !isSafe) {
    return { kind: 'failed', message: 'What the receiver is to be reached by is no https address.', sent: false };
  }
  const rules = { hosts: [`${to.protocol}//${to.host}`], allowPrivate };
  const outcome = await egress({ ...request, method: 'POST', url, credentials: [], redirects: 0 }, rules, network);
  if (outcome.kind !== 'answered')
    return { kind: 'failed', message: withoutUrl(outcome.message, to), sent: outcome.sent };
  const { status, headers, body } = outcome;
  const text = new TextDecoder().decode(body);
  return { kind: 'answered', status, retryAfter: headers.get('retry-after') ?? undefined, body: text };
}

/** Slack's address is the secret; its host is not. */
function withoutUrl(message: string, to: URL): string {
  return message.replaceAll(to.href, to.host).replaceAll(to.pathname === '/' ? to.href : to.pathname, '…');
}
