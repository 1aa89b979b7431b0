import type { GateCall } from '../policy/context.ts';
import { type HaltContext, haltsOn } from '../policy/halt.ts';
import type { Halt } from '../policy/halt-scope.ts';
import type { HaltState } from './executor.ts';

/** A call that was let through, and what halts are held against. */
export interface FlyingCall {
  readonly environment: string;
  readonly gate: GateCall;
  readonly context: HaltContext;
  /** Aborts when the run or the node has to stop. */
  readonly signal: AbortSignal;
}

export interface Flight {
  /** Aborts with the call's own signal, or when a halt gives the call up. */
  readonly signal: AbortSignal;
  /** The halt that gave it up. */
  readonly halt: () => Halt | undefined;
  readonly end: () => void;
}

/** The calls that one worker has under way, of all its runs. */
export class Flights {
  readonly #open = new Set<Flying>();
  #state: HaltState | undefined;

  begin(call: FlyingCall): Flight {
    const flying = new Flying(call);
    this.#open.add(flying);
    // Heard after the call was decided and before it began.
    if (this.#state !== undefined) flying.heed(this.#state);
    return {
      signal: flying.signal,
      halt: () => flying.halt,
      end: () => {
        flying.end();
        this.#open.delete(flying);
      },
    };
  }

  /** Gives up what halts in force say. */
  heard(state: HaltState): void {
    this.#state = state;
    for (const flying of this.#open) flying.heed(state);
  }
}

class Flying {
  readonly #call: FlyingCall;
  readonly #controller = new AbortController();
  readonly #pass = () => this.#controller.abort(this.#call.signal.reason);
  halt: Halt | undefined;

  constructor(call: FlyingCall) {
    this.#call = call;
    if (call.signal.aborted) this.#pass();
    else call.signal.addEventListener('abort', this.#pass, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  heed(state: HaltState): void {
    if (this.signal.aborted) return;
    const { environment, gate, context } = this.#call;
    const aborting = (state.of(environment) ?? []).filter(({ aborts }) => aborts);
    const [halt] = haltsOn(gate, context, aborting);
    if (halt === undefined) return;
    this.halt = halt;
    this.#controller.abort(new Error(`halted: ${halt.id}`));
  }

  end(): void {
    this.#call.signal.removeEventListener('abort', this.#pass);
  }
}

/** Where nothing is ever halted, a call has its own signal alone. */
export function beginFlight(flights: Flights | undefined, call: FlyingCall): Flight {
  return flights?.begin(call) ?? { signal: call.signal, halt: () => undefined, end: () => undefined };
}
