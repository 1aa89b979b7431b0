import type { EnvironmentSettings, Snapshot } from '../manifest/resource.ts';
import type { Bodies, Live, Plan } from '../plan/change.ts';
import type { Sides } from '../plan/sides.ts';
import type { Database } from '../store/database.ts';

/** A plan with what it was made from. */
export interface Planned {
  readonly plan: Plan;
  readonly settings: EnvironmentSettings;
  readonly snapshot: Snapshot;
  readonly live: Live;
  readonly bodies: Bodies;
}

/** What a member of `beside` is read from. */
export interface BesideInput extends Planned {
  readonly database: Database;
  readonly sides: Sides;
  /** By the database's clock. */
  readonly now: Date;
  readonly isRehearsed: boolean;
  /** The plan is to be applied as a rollback. */
  readonly isRollback: boolean;
}
