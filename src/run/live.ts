import { own } from '../manifest/json.ts';
import type { Executor, LiveAuthority } from './executor.ts';
import type { LiveView } from './scope.ts';

const systemsMax = 1_024;

/** How new what is known of live has to be. */
export interface LiveMark {
  readonly revision: number;
  readonly haltEpoch?: number;
}

export interface Pinned {
  readonly environment: string;
  /** `namespace/name`, as it was called then. */
  readonly system: string;
  readonly revision: number;
}

/** Live authorities as this worker last read them, shared by all its runs of a system. */
export class LiveAuthorities {
  readonly #executor: Pick<Executor, 'authority'>;
  readonly #known = new Map<string, LiveAuthority>();
  readonly #reading = new Map<string, Promise<LiveAuthority>>();

  constructor(executor: Pick<Executor, 'authority'>) {
    this.#executor = executor;
  }

  /** A view that is at least as new as `mark`, of what had the system's name in the revision that a run is pinned to. */
  async view(of: Pinned, mark: LiveMark): Promise<LiveView> {
    let current = ofPinned(of, await this.#atLeast(of, mark));
    return {
      current: () => current,
      refresh: async () => {
        // The journal does not say which of both is newer, so that it is read anew unless another run did.
        const { revision, halts } = current;
        const known = this.#known.get(keyOf(of));
        const isNewer = known !== undefined && (known.revision > revision || epochOf(known) > epochOf(current));
        const read = isNewer
          ? known
          : await this.#atLeast(of, { revision: revision + 1, haltEpoch: (halts?.epoch ?? 0) + 1 });
        current = ofPinned(of, read);
      },
    };
  }

  async #atLeast(
    of: { readonly environment: string; readonly system: string },
    mark: LiveMark,
  ): Promise<LiveAuthority> {
    const key = keyOf(of);
    const known = this.#known.get(key);
    if (known !== undefined && reaches(known, mark)) return known;
    // One that is being read may have begun before the newer revision; it is looked at, then read again if too old.
    const reading = await this.#reading.get(key);
    if (reading !== undefined && reaches(reading, mark)) return reading;
    return this.#read(key, of);
  }

  #read(
    key: string,
    { environment, system }: { readonly environment: string; readonly system: string },
  ): Promise<LiveAuthority> {
    const started = this.#reading.get(key);
    if (started !== undefined) return started;
    const reading = this.#executor.authority(environment, system).then((read) => {
      if (this.#known.size >= systemsMax) this.#known.clear();
      const known = this.#known.get(key);
      if (known === undefined || reaches(read, { revision: known.revision, haltEpoch: epochOf(known) }))
        this.#known.set(key, read);
      return read;
    });
    this.#reading.set(key, reading);
    const forget = () => this.#reading.delete(key);
    reading.then(forget, forget);
    return reading;
  }
}

/**
 * The system that a run began with, by whatever name it goes now: one that was moved away may be another system's since.
 * Where that is gone its name decides again: a rename that came back as a removal and an addition is the same system, and
 * if it is another one, the stricter of both revisions only denies more. The rules of a run's own tool nodes are found by
 * the name that the run knows.
 */
function ofPinned({ system, revision }: Pinned, live: LiveAuthority): LiveAuthority {
  const moved = live.moved?.find(({ before, authority }) => revision < before && authority !== undefined);
  if (moved?.authority === undefined) return live;
  const { authority } = moved;
  const row = own(authority.subjects, `AgentSystem/${authority.system}`);
  if (row === undefined) return { ...live, authority };
  return { ...live, authority: { ...authority, subjects: { ...authority.subjects, [`AgentSystem/${system}`]: row } } };
}

function keyOf({ environment, system }: { readonly environment: string; readonly system: string }): string {
  return `${environment} ${system}`;
}

function epochOf({ halts }: LiveAuthority): number {
  return halts?.epoch ?? 0;
}

function reaches(live: LiveAuthority, { revision, haltEpoch = 0 }: LiveMark): boolean {
  return live.revision >= revision && epochOf(live) >= haltEpoch;
}
