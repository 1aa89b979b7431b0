import { oweIssues } from '../store/alert-issue.ts';
import { enqueueFiring, type Telling } from '../store/outbox.ts';
import { type LiveReceiver, readAlertNames, readReceivers } from '../store/receiver.ts';
import type { StoreTransaction } from '../store/transaction.ts';
import { severities, type Severity, type Trouble } from './alert.ts';
import type { AlertMessage } from './alert-message.ts';

/** Who hears of something, and how bad it is. */
export interface Audience {
  readonly severity: Severity;
  /** Those that it names itself; absent: the environment's. */
  readonly receivers?: Trouble['receivers'];
}

/** The receivers that are to hear of something, as the current revision has them. */
export async function listenersOf(
  trx: StoreTransaction,
  environment: string,
  { severity, receivers }: Audience,
): Promise<readonly LiveReceiver[]> {
  const names = receivers ?? (await readAlertNames(trx, environment));
  const found = await readReceivers(trx, environment, names);
  return found.filter(({ spec }) => severities.indexOf(severity) >= severities.indexOf(spec.minSeverity));
}

interface Firing {
  readonly message: AlertMessage;
  readonly listeners: readonly LiveReceiver[];
}

/** Owes every listener the news, in the transaction that makes it so; issues follow from the alert's row later on. */
export async function tellFiring(
  trx: StoreTransaction,
  telling: Telling,
  { message, listeners }: Firing,
): Promise<void> {
  const posts = listeners.filter(({ spec }) => spec.type === 'slack' || spec.type === 'webhook');
  await enqueueFiring(trx, telling, { message, receivers: posts.map(({ name }) => name) });
  const issues = listeners.flatMap(({ name, spec: { githubIssue } }) =>
    githubIssue === undefined ? [] : [{ name, repository: githubIssue.repository }],
  );
  await oweIssues(trx, telling, issues);
}
