import type { CliContext } from './context.ts';

/**
 * Text that is written over itself while it changes, on a terminal that can do it. It never holds more lines than the
 * screen: what scrolled away could not be taken back.
 */
export class Screen {
  readonly #context: Pick<CliContext, 'terminal' | 'stdout'>;
  #lines = 0;

  constructor(context: Pick<CliContext, 'terminal' | 'stdout'>) {
    this.#context = context;
  }

  /** Shows the end of a text in the place of the one before. */
  show(text: string): void {
    const { terminal } = this.#context;
    const lines = text.split('\n').slice(-Math.max(1, terminal.rows - 1));
    this.#clear();
    this.#lines = lines.length;
    terminal.out(lines.join('\n'));
  }

  /** Leaves the whole text behind. */
  leave(text: string): void {
    this.#clear();
    this.#lines = 0;
    this.#context.terminal.out(text);
  }

  #clear(): void {
    if (this.#lines > 0) this.#context.stdout.write(`\u001b[${this.#lines}A\u001b[0J`);
  }
}
