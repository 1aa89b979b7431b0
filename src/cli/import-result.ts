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
  /** Paths below the folder; with `--report`, those that would be written. */
  readonly written: readonly string[];
  readonly out: string;
}
