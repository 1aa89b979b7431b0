import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { LimitedModule, ThreadAnswer, ThreadCall } from './thread-message.ts';

/** How a call in a thread ended: with an answer, or without one. */
export type ThreadOutcome =
  | ThreadAnswer
  /** `waited`: the time was over before a thread was free. */
  | { readonly kind: 'timeout'; readonly waited: boolean }
  | { readonly kind: 'aborted' }
  /** The thread ended by itself: it had used up its own memory. */
  | { readonly kind: 'died'; readonly message: string }
  /** Too many calls wait already. */
  | { readonly kind: 'refused' };

export interface ThreadRequest {
  readonly module: LimitedModule;
  readonly call: ThreadCall;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

/** More calls than this do not wait for a thread. */
const waitingMax = 1000;
/** A thread without work is ended after this. */
const idleMs = 30_000;

interface Thread {
  readonly worker: Worker;
  /** Modules that it was sent. */
  readonly known: Set<string>;
  idle: NodeJS.Timeout | undefined;
  listeners: Listeners;
}

interface Listeners {
  readonly message?: (answer: ThreadAnswer) => void;
  readonly error?: (cause: Error) => void;
  readonly exit?: () => void;
}

/**
 * Threads that run modules, one call each at a time. A call that does not end is ended with its thread, which stops at
 * the next turn of a loop whatever it does; the next call gets a new one.
 */
export class ThreadPool {
  readonly #threadsMax: number;
  readonly #free: Thread[] = [];
  readonly #waiting: ((thread: Thread) => void)[] = [];
  #count = 0;

  constructor(threadsMax: number = Math.max(2, availableParallelism())) {
    this.#threadsMax = threadsMax;
  }

  async run(request: ThreadRequest): Promise<ThreadOutcome> {
    if (request.signal.aborted) return { kind: 'aborted' };
    const thread = this.#take() ?? this.#start();
    if (thread === undefined && this.#waiting.length >= waitingMax) return { kind: 'refused' };
    return await this.#called(request, thread);
  }

  /** Ends every thread that is free; those that work end by themselves when they are. */
  async close(): Promise<void> {
    const free = this.#free.splice(0);
    for (const { idle } of free) clearTimeout(idle);
    await Promise.all(free.map((thread) => this.#end(thread)));
  }

  #called(request: ThreadRequest, first: Thread | undefined): Promise<ThreadOutcome> {
    const { signal, deadlineMs, call } = request;
    return new Promise((resolve) => {
      let thread: Thread | undefined;
      const finish = (outcome: ThreadOutcome): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
        const at = this.#waiting.indexOf(begin);
        if (at >= 0) this.#waiting.splice(at, 1);
        if (thread !== undefined) {
          unlisten(thread);
          if (outcome.kind === 'uncompiled') thread.known.delete(request.module.key);
          if (isOver(outcome)) void this.#end(thread);
          else this.#release(thread);
        }
        resolve(outcome);
      };
      const abort = (): void => finish({ kind: 'aborted' });
      const begin = (given: Thread): void => {
        thread = given;
        const { worker, known } = given;
        listen(given, {
          message: (answer: ThreadAnswer) => finish(answer),
          error: (cause: Error) => finish({ kind: 'died', message: cause.message }),
          exit: () => finish({ kind: 'died', message: 'It ended.' }),
        });
        const { key, bytes } = request.module;
        worker.postMessage({ key, bytes: known.has(key) ? undefined : bytes, call });
        remember(known, key);
      };
      const timer = setTimeout(() => finish({ kind: 'timeout', waited: thread === undefined }), deadlineMs);
      signal.addEventListener('abort', abort, { once: true });
      if (first === undefined) this.#waiting.push(begin);
      else begin(first);
    });
  }

  #start(): Thread | undefined {
    if (this.#count >= this.#threadsMax) return undefined;
    this.#count += 1;
    const worker = new Worker(new URL('./thread.js', import.meta.url), {
      // Neither the worker's environment nor its flags are a module's business.
      env: {},
      execArgv: [],
      argv: [],
      // Of JavaScript: what a module may use is written into the module.
      resourceLimits: { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 },
    });
    // A thread without work keeps no process alive.
    worker.unref();
    return { worker, known: new Set(), idle: undefined, listeners: {} };
  }

  #release(thread: Thread): void {
    const next = this.#waiting.shift();
    if (next !== undefined) return next(thread);
    this.#free.push(thread);
    const end = (): void => {
      const at = this.#free.indexOf(thread);
      if (at < 0) return;
      this.#free.splice(at, 1);
      clearTimeout(thread.idle);
      void this.#end(thread);
    };
    listen(thread, { error: end, exit: end });
    thread.idle = setTimeout(end, idleMs).unref();
  }

  /** The thread that worked last: the others may be ended. */
  #take(): Thread | undefined {
    const thread = this.#free.pop();
    if (thread === undefined) return undefined;
    clearTimeout(thread.idle);
    unlisten(thread);
    return thread;
  }

  async #end({ worker }: Thread): Promise<void> {
    // A thread that dies while it is ended has nobody left to tell.
    worker.on('error', () => undefined);
    await worker.terminate();
    this.#count -= 1;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    const fresh = this.#start();
    if (fresh !== undefined) next(fresh);
  }
}

function listen(thread: Thread, listeners: Listeners): void {
  thread.listeners = listeners;
  for (const [name, listener] of Object.entries(listeners)) thread.worker.on(name, listener);
}

/** One by one: Node listens to a thread by itself, and `removeAllListeners` would make it deaf. */
function unlisten({ worker, listeners }: Thread): void {
  for (const [name, listener] of Object.entries(listeners)) worker.off(name, listener);
}

/** As the thread does: both forget the one that was not used for longest. */
function remember(known: Set<string>, key: string): void {
  known.delete(key);
  known.add(key);
  for (const oldest of known) {
    if (known.size <= modulesMax) return;
    known.delete(oldest);
  }
}

/** That a thread keeps compiled: `thread.js` has the same number. */
const modulesMax = 16;

function isOver({ kind }: ThreadOutcome): boolean {
  return kind === 'timeout' || kind === 'aborted' || kind === 'died';
}
