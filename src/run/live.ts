import type { Executor, LiveAuthority } from './executor.ts';
import type { LiveView } from './scope.ts';

const systemsMax = 1_024;

/** Live authorities as this worker last read them, shared by all its runs of a system. */
export class LiveAuthorities {
  readonly #executor: Pick<Executor, 'authority'>;
  readonly #known = new Map<string, LiveAuthority>();
  readonly #reading = new Map<string, Promise<LiveAuthority>>();

  constructor(executor: Pick<Executor, 'authority'>) {
    this.#executor = executor;
  }

  /** A view that is at least as new as `revision`. */
  async view(of: { readonly environment: string; readonly system: string }, revision: number): Promise<LiveView> {
    let current = await this.#atLeast(of, revision);
    return {
      current: () => current,
      refresh: async (wanted) => {
        current = await this.#atLeast(of, wanted);
      },
    };
  }

  async #atLeast(
    of: { readonly environment: string; readonly system: string },
    revision: number,
  ): Promise<LiveAuthority> {
    const key = `${of.environment} ${of.system}`;
    const known = this.#known.get(key);
    if (known !== undefined && known.revision >= revision) return known;
    // One that is being read may have begun before the newer revision; it is looked at, then read again if too old.
    const reading = await this.#reading.get(key);
    if (reading !== undefined && reading.revision >= revision) return reading;
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
      if (known === undefined || known.revision <= read.revision) this.#known.set(key, read);
      return read;
    });
    this.#reading.set(key, reading);
    const forget = () => this.#reading.delete(key);
    reading.then(forget, forget);
    return reading;
  }
}
