export interface Failure {
  readonly status: number;
  readonly path: RegExp;
  readonly headers: Readonly<Record<string, string>>;
  readonly message: string;
  /** The connection ends without an answer. */
  readonly drop: boolean;
  /** The request is carried out first, and only its answer is lost. */
  readonly after: boolean;
  times: number;
}

export interface FailOptions {
  readonly times?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly message?: string;
  readonly drop?: boolean;
  readonly after?: boolean;
}

/** What goes wrong, and when. Nothing does until a test says so. */
export class Faults {
  /** Reads up to so long after a write may see what was before it. */
  lagMs = 0;
  /** So many reads after the last write see what was before it. */
  staleReads = 0;
  /** How many requests an hour; what is left is in the headers. */
  limit = 5000;
  used = 0;
  resetAt = Date.now() + 3_600_000;
  /** More requests that make content at once than this meet the secondary limit. */
  concurrentWrites = 100;
  /** The API answers nothing but 503. */
  apiDown = false;
  /** Git over HTTP answers nothing but 503. */
  gitDown = false;
  /** Every answer waits so long. */
  delayMs = 0;
  readonly #failures: Failure[] = [];

  /** The next request whose `METHOD /path` matches fails so. */
  failNext(status: number, path: RegExp | string = /./, options: FailOptions = {}): void {
    this.#failures.push({
      status,
      path: typeof path === 'string' ? new RegExp(path.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)) : path,
      headers: options.headers ?? {},
      message: options.message ?? 'Server Error',
      drop: options.drop ?? false,
      after: options.after ?? false,
      times: options.times ?? 1,
    });
  }

  takeFailure(request: string): Failure | undefined {
    const failure = this.#failures.find((candidate) => candidate.times > 0 && candidate.path.test(request));
    if (failure !== undefined) failure.times -= 1;
    return failure;
  }

  /** The primary limit: nothing is left until `resetInMs` have passed. */
  rateLimit(resetInMs: number): void {
    this.used = this.limit;
    this.resetAt = Date.now() + resetInMs;
  }

  /** The secondary limit: the next `times` requests that match are told to come back later. */
  secondaryLimit({ retryAfter = 1, times = 1, path = /^(POST|PATCH|PUT|DELETE) / } = {}): void {
    this.failNext(403, path, {
      times,
      headers: { 'retry-after': String(retryAfter) },
      message: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
    });
  }

  isStaleSometimes(): boolean {
    return this.lagMs > 0 || this.staleReads > 0;
  }

  isStale(writtenAt: number): boolean {
    return this.staleReads > 0 || Date.now() - writtenAt < this.lagMs;
  }

  takeStale(writtenAt: number): boolean {
    if (this.staleReads > 0) {
      this.staleReads -= 1;
      return true;
    }
    return Date.now() - writtenAt < this.lagMs;
  }
}
