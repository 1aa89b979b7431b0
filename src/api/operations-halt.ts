/** What the doors ask of halts: switches that stop calls. */
export interface HaltOperations {
  /** Those in force, and of all environments, the newest first; `all`: with those that have ended. */
  halts(request: HaltsRequest): Promise<readonly HaltRecord[]>;
  /** Puts one in force. When it returns, no call within its scope is released any more. */
  halt(request: HaltRequest): Promise<HaltRecord>;
  /** Lifts one by its id, or all in force of a scope; the runs that waited for them go on. */
  resume(request: ResumeRequest): Promise<readonly HaltRecord[]>;
}

export interface HaltsRequest {
  readonly environment: string;
  readonly all?: boolean;
}

export interface HaltRequest {
  readonly environment: string;
  /** `global`, `environment/name`, `namespace/name`, `provider/name`, or `tool/namespace/name` and the like. */
  readonly scope: string;
  readonly reason: string;
  /** Absent: until it is lifted. */
  readonly forMs?: number;
  /** Calls in flight are given up too. */
  readonly aborts?: boolean;
  /** Calls are refused and runs go on or fail; else runs wait. */
  readonly denies?: boolean;
  /** Also a name that nothing has. */
  readonly force?: boolean;
}

export interface ResumeRequest {
  readonly environment: string;
  /** An id, or a scope. */
  readonly which: string;
  readonly reason: string;
}

export interface HaltRecord {
  readonly id: string;
  readonly scope: string;
  /** Absent: in all. */
  readonly environment: string | undefined;
  readonly state: 'inForce' | 'lifted' | 'expired';
  readonly reason: string;
  readonly by: string;
  /** The role that they set it by: nobody with a lower one lifts it. */
  readonly setAs: 'operator' | 'admin';
  readonly since: string;
  readonly until: string | undefined;
  readonly aborts: boolean;
  readonly denies: boolean;
  readonly waiting: number;
  readonly endedAt: string | undefined;
  readonly endedBy: string | undefined;
  readonly endReason: string | undefined;
}
