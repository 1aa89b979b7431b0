import type { Operations } from '../api/operations.ts';
import type { Config } from '../config.ts';
import type { PinnedTool } from '../manifest/lock.ts';
import type { Problem } from '../manifest/problem.ts';
import type { ServerAlone } from '../policy/server-alone.ts';
import type { RecordedRun, Replayed, ReplayOptions } from '../run/replay-run.ts';

/** What the commands ask of the wiring; `app.ts` provides it, a command only names what it needs. */
export interface App {
  readonly config: Config;
  /** A running `pawl up` of this repository where there is one, else the database itself. */
  open(): Promise<Door>;
  /** The files of the working copy, or of a commit, live in a database of their own that goes when the door closes. */
  openLocal(environment: string | undefined, ref?: string): Promise<Door>;
  /** Asks an MCP server of the working copy for its tools. */
  listServer(server: ServerAlone, signal: AbortSignal): Promise<OfferedTools>;
  /** Executes a recorded run again in this process, under another bundle. */
  replay(recorded: RecordedRun, options: Omit<ReplayOptions, 'secrets' | 'log' | 'version'>): Promise<Replayed>;
  migrate(options: MigrateRequest): Promise<Migrated>;
  doctor(): Promise<readonly Check[]>;
  up(options: { readonly port: number }): Promise<UpService>;
  /** The API alone, where other machines may reach it. */
  serve(options: { readonly host: string; readonly port: number }): Promise<UpService>;
  controller(): Promise<Service>;
  worker(options: WorkerStart): Promise<Service>;
  /** Workers of a pool in processes of their own, as many as it asks for. */
  workers(options: { readonly pool: string; readonly report: (sentence: string) => void }): Promise<WorkersService>;
}

/** What a server says of its tools, by name, and which of them cannot be pinned and why. */
export interface OfferedTools {
  readonly tools: ReadonlyMap<string, { readonly definition: PinnedTool['definition'] }>;
  readonly unusable: ReadonlyMap<string, string>;
}

export interface MigrateRequest {
  readonly roles: boolean;
  /** Absent: as they are. */
  readonly events: 'on' | 'off' | undefined;
}

export interface Migrated {
  readonly applied: readonly string[];
  readonly current: string;
  /** Whether memories can be searched by meaning: pgvector is there, could not be created by this role, or is not there. */
  readonly pgvector: 'ready' | 'available' | 'absent';
  /** What was asked to be set up of the database's roles. */
  /** What was asked of events, and whether it was otherwise before. */
  readonly events?: { readonly state: 'on' | 'off'; readonly changed: boolean };
  readonly roles?: { readonly roles: readonly string[]; readonly created: readonly string[]; readonly owner: string };
}

export interface WorkerStart {
  /** Absent: what the pool says, else what the machine has. */
  readonly slots: number | undefined;
  /** Absent: `default`. */
  readonly pool: string | undefined;
}

export interface WorkersService {
  readonly pool: string;
  /** Follows until the signal aborts; resolves when all of them have ended. */
  run(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export interface Door {
  readonly operations: Operations;
  readonly via: 'server' | 'embedded' | 'postgres';
  /** Works on what is queued in this process until the run has ended or waits; only where no other process could. */
  workUntil?(runId: string, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export interface Validation {
  readonly root: string;
  readonly environments: readonly { readonly name: string; readonly resources: number }[];
  readonly problems: readonly Problem[];
}

export interface Check {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'failed';
  readonly detail: string;
  readonly help?: string;
}

export interface Service {
  /** Settles when the service has ended by itself; rejects when it failed. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

export interface UpService extends Service {
  readonly address: string;
}
