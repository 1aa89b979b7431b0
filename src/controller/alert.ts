/** How bad it is, from the least on. */
export const severities = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof severities)[number];

/**
 * What an alert is about. `progress`: commits of an environment do not go live; not told while a person has suspended
 * it. `security` and `state` are told whatever is suspended.
 */
export type AlertTopic = 'progress' | 'security' | 'state';

/** What is said of one thing that is wrong. All of it may be shown to whoever a receiver reaches. */
export interface AlertContent {
  /** e.g. `drift`, `held`, `rule`. */
  readonly kind: string;
  /** One sentence without its full stop. */
  readonly title: string;
  /** What it means. */
  readonly text: string;
  /** A stable word: a condition's reason, a code. */
  readonly reason?: string;
  readonly commit?: string;
  readonly found: readonly Finding[];
  /** Findings that are not listed. */
  readonly more: number;
  /** What somebody may do about it. */
  readonly ways: readonly Way[];
  /** Below pawl's public address, where more is to be seen. */
  readonly path: string;
  /** Part of the drift was done past the triggers: only a look at every body tells whether it is gone. */
  readonly deep?: true;
}

export interface Finding {
  /** An address, or a name. */
  readonly what: string;
  readonly how: string;
  readonly by?: string;
  readonly at?: string;
}

export interface Way {
  readonly text: string;
  readonly command?: string;
}

/** Something that is wrong at this moment, as rows say. */
export interface Trouble {
  /** What it is about as long as it lasts. */
  readonly key: string;
  /** Of what exactly is wrong: another one is told again. */
  readonly fingerprint: string;
  readonly severity: Severity;
  readonly topic: AlertTopic;
  readonly content: AlertContent;
  /** Since when, where the rows say; else since it was first seen. */
  readonly since?: Date;
  /** How long it has to last before anybody is told. */
  readonly holdMs: number;
  /** Who is told; absent: those of the environment. */
  readonly receivers?: readonly string[];
}

/** How many findings a message lists. */
export const findingsMax = 20;
