import type { ScriptedDifference } from '../manifest/import/scripted.ts';
import type { ImportReport } from '../manifest/import/report.ts';

/** A risk as `pawl plan` would show it. */
export interface ImportRisk {
  readonly class: string;
  readonly name: string;
  readonly title: string;
  readonly details: readonly string[];
}

/** What the command prints. */
export interface ImportResult extends ImportReport {
  /** What a plan would judge risky if nothing stood there before. */
  readonly risks: readonly ImportRisk[];
  /** With `--scripted`: what differs in the environment that is tried offline. */
  readonly scripted: readonly ScriptedDifference[];
  /** Paths below the folder; with `--report`, those that would be written. */
  readonly written: readonly string[];
  readonly out: string;
}
