import type { World } from './world.ts';

export interface Operation {
  readonly method: string;
  /** As GitHub's description names it, below the API's base. */
  readonly path: string;
}

export interface Asked {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** Holds what is asked and answered against GitHub's own description. */
export interface Description {
  /** Throws the refusal that GitHub gives for a request that it does not describe. */
  assertRequest(operation: Operation, asked: Asked): void;
  /** An answer of ours that GitHub would not give is a violation. */
  checkResponse(operation: Operation, status: number, body: unknown): void;
}

export function noDescription(_world: World): Description {
  return { assertRequest: () => undefined, checkResponse: () => undefined };
}
