import type { StartByHand } from '../run/start-by-hand.ts';

/** What a person says of a task, or a schedule, that is to start now. */
export type StartTaskRequest = Omit<StartByHand, 'actor'>;

/** What starts tasks by itself. */
export interface TaskOperations {
  schedules(environment: string): Promise<readonly ScheduleRecord[]>;
  webhooks(environment: string): Promise<readonly WebhookRecord[]>;
}

export interface ScheduleRecord {
  /** `namespace/name`. */
  readonly schedule: string;
  readonly cron: string;
  readonly timeZone: string;
  readonly suspended: boolean;
  readonly nextAt: string | undefined;
  readonly last:
    | {
        readonly tick: string;
        readonly outcome: string;
        readonly run: string | undefined;
        readonly code: string | undefined;
      }
    | undefined;
  /** Times that were too late to be made up for. */
  readonly missed: number;
  /** The newest runs that ended, as many as `historyLimits` says. */
  readonly ended: readonly { readonly run: string; readonly state: string; readonly tick: string }[];
}

export interface WebhookRecord {
  /** `namespace/name`. */
  readonly webhook: string;
  /** Of the address after the server's own. */
  readonly path: string;
  readonly profile: string;
  readonly suspended: boolean;
  readonly last:
    | {
        readonly delivery: string;
        readonly outcome: string;
        readonly run: string | undefined;
        readonly code: string | undefined;
        readonly at: string;
      }
    | undefined;
}
