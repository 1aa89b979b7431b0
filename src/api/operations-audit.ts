import type { GateStep } from '../plan/gate-steps.ts';
import type { ExportPage, WrittenAnchor } from '../controller/audit.ts';
import type { AuditAnchor, AuditReport } from '../controller/audit-verify.ts';

export type { ExportPage, WrittenAnchor } from '../controller/audit.ts';
export type { AuditAnchor, AuditReport } from '../controller/audit-verify.ts';

/** The record of what was let do, and of what people did. */
export interface AuditOperations {
  verifyAudit(request: VerifyAuditRequest): Promise<AuditReport>;
  exportAudit(request: ExportAuditRequest): Promise<ExportPage>;
  /** Where the environment's chain stands; `write`: also as a commit of the repository. */
  anchorAudit(request: AnchorAuditRequest): Promise<AuditAnchor | WrittenAnchor>;
}

export interface VerifyAuditRequest {
  readonly run?: string;
  /** Anchors that are kept elsewhere; besides, those that the repository holds are looked at. */
  readonly anchors?: readonly AuditAnchor[];
}

export interface ExportAuditRequest {
  /** Empty: what is of the installation, such as tokens and requests that were refused. */
  readonly environment: string;
  /** The cursor of the last line that arrived. */
  readonly after?: number;
  /** ISO 8601. */
  readonly since?: string;
}

export interface AnchorAuditRequest {
  readonly environment: string;
  readonly write: boolean;
}

/** Decisions that were recorded, made again. */
export interface WhyOperations {
  why(request: WhyRequest): Promise<WhyRecord>;
}

export interface WhyRequest {
  readonly run: string;
  /** Its path: `research/1.2`, of a further attempt `research/1.2~2`. */
  readonly call: string;
}

export interface WhyRecord {
  readonly run: string;
  readonly call: string;
  readonly environment: string;
  readonly system: string;
  readonly kind: 'model' | 'tool';
  readonly subject: string;
  readonly target: string;
  readonly at: string;
  /** The revision that the run is pinned to, and the live one that the decision looked at; undefined: not recorded. */
  readonly pinned: number;
  readonly live: number | undefined;
  /** As it was decided, and as deciding it again from the record comes out. */
  readonly recorded: WhyVerdict;
  readonly again: WhyVerdict | undefined;
  readonly same: boolean;
  /** What deciding again had to go without, in sentences. */
  readonly without: readonly string[];
  readonly steps: readonly GateStep[];
  /** Where each rule that the verdicts name stood. */
  readonly rules: readonly WhyRule[];
  /** What policies with `mode: audit` would have said. */
  readonly would: WhyVerdict | undefined;
  /** What became of the call, where it was let through. */
  readonly outcome: string | undefined;
}

export interface WhyVerdict {
  readonly kind: 'allow' | 'ask' | 'deny';
  readonly rule: string;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
}

export interface WhyRule {
  readonly rule: string;
  readonly of: 'pinned' | 'live';
  readonly revision: number;
  readonly commit: string;
  readonly file: string;
  readonly line: number;
}
