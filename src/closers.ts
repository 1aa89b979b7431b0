/** What was opened, closed in the opposite order; one that fails to close does not keep the others open. */
export class Closers {
  readonly #closers: (() => Promise<void>)[] = [];

  add(close: () => Promise<void>): void {
    this.#closers.push(close);
  }

  /** Closes everything once, and then throws the first error that there was. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) {
      await close().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
}

/** Opens one thing after another; where one of them fails, those before it are closed. */
export async function opening<Opened>(open: (stack: Closers) => Promise<Opened>): Promise<Opened> {
  const stack = new Closers();
  try {
    return await open(stack);
  } catch (error) {
    await stack.close();
    throw error;
  }
}
