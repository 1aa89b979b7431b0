import type { Scope } from './scope.ts';

/**
 * The moment of sending. A process can be stopped after its lease was looked at and wake when another owns the run, so
 * that whatever writes a request asks once more, right before its first byte.
 */
export class Sending {
  readonly #scope: Pick<Scope, 'mayStart'>;
  #isBegun = false;
  #isLate = false;

  constructor(scope: Pick<Scope, 'mayStart'>) {
    this.#scope = scope;
  }

  readonly mayStart = (): boolean => {
    if (this.#scope.mayStart()) return (this.#isBegun = true);
    this.#isLate = true;
    return false;
  };

  /** Something was not sent because the lease was too old; it may be fresh again by now. */
  get isLate(): boolean {
    return this.#isLate;
  }

  /** Nothing at all was sent for that reason; where a request went out that was redirected, something was. */
  get isUnsent(): boolean {
    return this.#isLate && !this.#isBegun;
  }
}
