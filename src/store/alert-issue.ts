import type { Kysely } from 'kysely';
import type { AlertContent, Severity } from '../controller/alert.ts';
import { rowsOf } from './statement.ts';
import type { Tables } from './tables.gen.ts';
import type { StoreTransaction } from './transaction.ts';

/** An issue that is owed, beside what is to stand there. */
export interface OwedIssue {
  readonly environment: string;
  readonly receiver: string;
  readonly key: string;
  /** `owner/name` that the number is of. */
  readonly repository: string;
  readonly number: number | null;
  readonly published: string | null;
  readonly attempts: number;
  readonly state: 'firing' | 'resolved';
  readonly episode: number;
  readonly fingerprint: string;
  readonly severity: Severity;
  readonly content: AlertContent;
  readonly since: Date;
  readonly resolvedAt: Date | null;
}

/** Owes receivers an issue about an alert, in the transaction that says that it fires. */
export async function oweIssues(
  trx: StoreTransaction,
  { environment, key }: { readonly environment: string; readonly key: string },
  receivers: readonly { readonly name: string; readonly repository: string }[],
): Promise<void> {
  if (receivers.length === 0) return;
  // Another repository than before: the issue there is left as it is, and another one is made here.
  const text = `insert into alert_issue (environment, receiver, key, repository)
    select $1, n.name, $2, n.repository from unnest($3::text[], $4::text[]) as n (name, repository)
    on conflict (environment, receiver, key) do update set due_at = now(), attempts = 0,
      number = case when alert_issue.repository = excluded.repository then alert_issue.number end,
      published = case when alert_issue.repository = excluded.repository then alert_issue.published end,
      repository = excluded.repository`;
  const values = [environment, key, receivers.map(({ name }) => name), receivers.map(({ repository }) => repository)];
  await rowsOf(trx, { name: 'owe_issues', text }, values);
}

/** Those of a repository that are open, or were when somebody last looked, and are due; first those that nobody has yet. */
export async function readOwedIssues(
  db: Kysely<Tables>,
  repository: string,
  limit: number,
): Promise<readonly OwedIssue[]> {
  const text = `select i.environment, i.receiver, i.key, i.repository, i.number, i.published, i.attempts,
      a.state, a.episode, a.fingerprint, a.severity, a.content, a.since, a.resolved_at as "resolvedAt"
    from alert_issue i join alert a on a.environment = i.environment and a.key = i.key
    where lower(i.repository) = lower($2) and i.due_at <= now() and a.fired_at is not null and (a.state = 'firing' or a.state = 'resolved'
      and i.number is not null and i.published is not null and i.published not like 'closed %')
    order by i.published is not null, a.state = 'firing', i.due_at limit $1`;
  return rowsOf<OwedIssue>(db, { name: 'owed_issues', text }, [limit, repository]);
}

type IssueKey = Pick<OwedIssue, 'environment' | 'receiver' | 'key'>;

export async function recordIssue(
  db: Kysely<Tables>,
  { environment, receiver, key }: IssueKey,
  { number, published }: { readonly number: number; readonly published: string },
): Promise<void> {
  const text = `update alert_issue set number = $4, published = $5, attempts = 0, last_error = null
    where environment = $1 and receiver = $2 and key = $3`;
  await rowsOf(db, { name: 'record_issue', text }, [environment, receiver, key, number, published]);
}

/** Without secrets. */
export async function postponeIssue(
  db: Kysely<Tables>,
  { environment, receiver, key }: IssueKey,
  { error, retryInMs }: { readonly error: string; readonly retryInMs: number },
): Promise<void> {
  const text = `update alert_issue set attempts = attempts + 1, last_error = $4,
      due_at = now() + $5 * interval '1 millisecond'
    where environment = $1 and receiver = $2 and key = $3`;
  await rowsOf(db, { name: 'postpone_issue', text }, [environment, receiver, key, error, retryInMs]);
}

/** Nobody is to be told of it any more. */
export async function forgetIssue(db: Kysely<Tables>, { environment, receiver, key }: IssueKey): Promise<void> {
  const text = 'delete from alert_issue where environment = $1 and receiver = $2 and key = $3';
  await rowsOf(db, { name: 'forget_issue', text }, [environment, receiver, key]);
}

export interface IssueTelling {
  readonly receiver: string;
  readonly key: string;
  readonly published: string | null;
  readonly attempts: number;
  readonly lastError: string | null;
}

/** How far the issues of an environment's alerts are. */
export async function readIssueTellings(db: Kysely<Tables>, environment: string): Promise<readonly IssueTelling[]> {
  const text = `select receiver, key, published, attempts, last_error as "lastError" from alert_issue
    where environment = $1 order by receiver, key`;
  return rowsOf<IssueTelling>(db, { name: 'issue_tellings', text }, [environment]);
}
