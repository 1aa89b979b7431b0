import type { AlertContent, Severity } from './alert.ts';

/** What a receiver is told, before it is put into the words of its kind. Kept in the outbox. */
export interface AlertMessage {
  readonly phase: 'firing' | 'resolved';
  readonly environment: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly episode: number;
  readonly severity: Severity;
  readonly content: AlertContent;
  /** ISO 8601. */
  readonly since: string;
  /** Of `resolved`. */
  readonly resolvedAt?: string;
}

/** The address of where more is to be seen; undefined: nobody said where pawl is reached. */
export function linkOf({ content }: Pick<AlertMessage, 'content'>, publicUrl: string | undefined): string | undefined {
  if (publicUrl === undefined || content.path === '') return undefined;
  return `${publicUrl.replace(/\/+$/, '')}${content.path}`;
}

/** What a receiver gets that somebody wants to try. */
export function testMessage(environment: string, now: Date): AlertMessage {
  const text = 'Somebody ran pawl alerts test. Nothing is wrong, and nothing has to be done.';
  return {
    phase: 'firing',
    environment,
    key: 'test',
    fingerprint: now.toISOString(),
    episode: 1,
    severity: 'info',
    content: {
      kind: 'test',
      title: `This is a test from pawl, for ${environment}`,
      text,
      found: [],
      more: 0,
      ways: [],
      path: '',
    },
    since: now.toISOString(),
  };
}
