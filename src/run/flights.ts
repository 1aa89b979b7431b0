import { type HaltContext, haltsOn, type Stoppable } from '../policy/halt.ts';
import type { Halt } from '../policy/halt-scope.ts';
import type { HaltState } from './executor.ts';

/** A call that was let through, and what halts are held against. */
export interface FlyingCall {
  readonly environment: string;
  readonly gate: Stoppable;
  readonly context: HaltContext;
  /** Aborts when the run or the node has to stop. */
  readonly signal: AbortSignal;
}

export interface Flight {
  /** Aborts with the call's own signal, or when a halt gives the call up. */
  readonly signal: AbortSignal;
  /** The halt that gave it up. */
  readonly halt: Halt | undefined;
  end(): void;
}

/** The calls that one worker has under way, of all its runs. */
export class Flights {
  readonly #open = new Set<Flying>();
  #state: HaltState | undefined;

  begin(call: FlyingCall): Flight {
    const flying = new Flying(call, this.#open);
    this.#open.add(flying);
    // Heard after the call was decided and before it began.
    if (this.#state !== undefined) flying.heed(this.#state);
    return flying;
  }

  /** Gives up what halts in force say. */
  heard(state: HaltState): void {
    this.#state = state;
    for (const flying of this.#open) flying.heed(state);
  }
}

class Flying implements Flight {
  readonly #call: FlyingCall;
  readonly #open: Set<Flying>;
  /** Made when the signal is first asked for: calls that reach nothing outside never do. */
  #controller: AbortController | undefined;
  #pass: (() => void) | undefined;
  halt: Halt | undefined;

  constructor(call: FlyingCall, open: Set<Flying>) {
    this.#call = call;
    this.#open = open;
  }

  get signal(): AbortSignal {
    return this.#controlled().signal;
  }

  #controlled(): AbortController {
    if (this.#controller !== undefined) return this.#controller;
    const controller = new AbortController();
    this.#controller = controller;
    const { signal } = this.#call;
    if (signal.aborted) controller.abort(signal.reason);
    else signal.addEventListener('abort', (this.#pass = () => controller.abort(signal.reason)), { once: true });
    return controller;
  }

  heed(state: HaltState): void {
    if (this.#controller?.signal.aborted === true) return;
    const { environment, gate, context, signal } = this.#call;
    if (signal.aborted) return;
    const aborting = (state.of(environment) ?? []).filter(({ aborts }) => aborts);
    const halt = aborting.length === 0 ? undefined : haltsOn(gate, context, aborting)[0];
    if (halt === undefined) return;
    this.halt = halt;
    this.#controlled().abort(new Error(`halted: ${halt.id}`));
  }

  end(): void {
    if (this.#pass !== undefined) this.#call.signal.removeEventListener('abort', this.#pass);
    this.#open.delete(this);
  }
}

/** Where nothing is ever halted, a call has its own signal alone. */
export function beginFlight(flights: Flights | undefined, call: FlyingCall): Flight {
  return flights?.begin(call) ?? { signal: call.signal, halt: undefined, end: () => undefined };
}
