import type { Resolution } from '../manifest/resolution.ts';
import type { EnvironmentSettings, Snapshot } from '../manifest/resource.ts';
import type { FileDocuments } from './file-documents.ts';
import type { Listing } from './listing.ts';
import type { Repository } from './reader.ts';
import type { RootState } from './root-state.ts';

/** Prompt and script files, by path. */
export interface Texts {
  readonly ids: ReadonlyMap<string, string>;
  readonly bytes: ReadonlyMap<string, Uint8Array>;
}

/** What one snapshot leaves for the next one of the same environment. */
export interface SnapshotState {
  readonly snapshot: Snapshot;
  readonly listing: Listing;
  /** By path. */
  readonly documents: ReadonlyMap<string, FileDocuments>;
  readonly texts: Texts;
  readonly root: RootState;
  /** Where nothing was wrong. */
  readonly resolution: Resolution | undefined;
}

export interface CacheLimits {
  /** Of the files whose documents are kept. */
  readonly bytesMax: number;
  readonly environmentsMax: number;
}

/** Of one environment: a revert, or a branch that is looked at in between, leads back to the one before. */
const statesMax = 2;

const defaultLimits: CacheLimits = { bytesMax: 64 * 1024 * 1024, environmentsMax: 16 };
/** What a parsed file costs beside its text, roughly. */
const overheadBytes = 2048;

/**
 * Remembers parsed documents by blob id and path, and the last snapshots of each environment, so that a commit
 * costs what it changes. Losing all of it costs time only.
 */
export class SnapshotCache {
  readonly #limits: CacheLimits;
  readonly #documents = new Map<string, FileDocuments>();
  /** By settings; the newest state first. */
  readonly #states = new WeakMap<Repository, Map<string, readonly SnapshotState[]>>();
  #bytes = 0;

  constructor(limits: Partial<CacheLimits> = {}) {
    this.#limits = { ...defaultLimits, ...limits };
  }

  /** The last snapshot, made under the very same settings. */
  stateOf(repository: Repository, environment: EnvironmentSettings): SnapshotState | undefined {
    return this.#statesOf(repository, environment)[0];
  }

  /** One of the last snapshots, made under the very same settings of the very same tree. */
  stateAt(repository: Repository, environment: EnvironmentSettings, tree: string): SnapshotState | undefined {
    return this.#statesOf(repository, environment).find(({ snapshot }) => snapshot.tree === tree);
  }

  #statesOf(repository: Repository, environment: EnvironmentSettings): readonly SnapshotState[] {
    return this.#states.get(repository)?.get(JSON.stringify(environment)) ?? [];
  }

  keepState(repository: Repository, state: SnapshotState): void {
    const states = this.#states.get(repository) ?? new Map<string, readonly SnapshotState[]>();
    this.#states.set(repository, states);
    const key = JSON.stringify(state.snapshot.environment);
    const others = (states.get(key) ?? []).filter(({ snapshot }) => snapshot.tree !== state.snapshot.tree);
    states.delete(key);
    states.set(key, [state, ...others].slice(0, statesMax));
    for (const oldest of states.keys()) {
      if (states.size <= this.#limits.environmentsMax) break;
      states.delete(oldest);
    }
  }

  documentsOf(id: string, path: string): FileDocuments | undefined {
    const key = `${id} ${path}`;
    const found = this.#documents.get(key);
    if (found === undefined) return undefined;
    this.#documents.delete(key);
    this.#documents.set(key, found);
    return found;
  }

  keepDocuments(documents: FileDocuments): void {
    const key = `${documents.entry.id} ${documents.entry.path}`;
    if (this.#documents.has(key)) return;
    this.#documents.set(key, documents);
    this.#bytes += costOf(documents);
    for (const [oldest, kept] of this.#documents) {
      if (this.#bytes <= this.#limits.bytesMax) break;
      this.#documents.delete(oldest);
      this.#bytes -= costOf(kept);
    }
  }
}

function costOf(documents: FileDocuments): number {
  return documents.entry.size + overheadBytes;
}
