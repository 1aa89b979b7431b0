import type { Network } from '../tools/connect.ts';
import type { Secrets } from '../tools/secrets.ts';

/** The texts of one call that a guard looks at, each by itself. */
export interface GuardRequest {
  readonly mode: 'preCall' | 'postCall';
  readonly call: 'model' | 'tool';
  /** None of them twice. */
  readonly texts: readonly string[];
}

/** What a guard says of one text. */
export interface TextFinding {
  /** How often, by the name of a pattern, an entity or a category; without members: nothing was found. */
  readonly found: Readonly<Record<string, number>>;
  /** The text without what was found; absent: nothing was found, or the guard cannot say where. */
  readonly masked?: string;
  /** The guard itself says that the text must not pass, whatever its action is. */
  readonly refused?: true;
}

/** `failed`: it did not answer in time, or not as its protocol says. The message holds nothing of the texts. */
export type GuardOutcome =
  | { readonly kind: 'checked'; readonly findings: readonly TextFinding[] }
  | { readonly kind: 'failed'; readonly message: string };

export interface GuardCallOptions {
  /** Aborts when the run is cancelled or overdue, or the lease is lost. */
  readonly signal: AbortSignal;
  readonly secrets: Secrets;
  /** Absent: the machine's own resolver and roots. */
  readonly network?: Network;
}

/** One check under way: `signal` ends when the worker gives it up, or its time is over. */
export interface Check extends Omit<GuardCallOptions, 'signal'> {
  readonly signal: AbortSignal;
  readonly deadlineMs: () => number;
}

/** Why a guard did not answer; its message is safe to show. */
export class GuardFailure extends Error {}

export const nothingFound: TextFinding = { found: {} };
