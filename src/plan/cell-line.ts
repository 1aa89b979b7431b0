import type { CellChange } from './access.ts';

/**
 * Writes cells as lines of digests: what is called, its operation and both verdicts, and what else stands for the called.
 * A fleet's cells have the same few endings again and again, which are put together once. Names and addresses hold no
 * spaces and no line ends.
 */
export class CellLines {
  readonly #ends = new Map<string, End>();
  readonly #of: (cell: CellChange) => string;
  #head = '';
  #caller: Pick<CellChange, 'subject' | 'system'> = { subject: '', system: '' };

  /** `of`: what comes last, the same for all cells of one target and name. */
  constructor(of: (cell: CellChange) => string = () => '') {
    this.#of = of;
  }

  /** Who calls in which system, and the ending. */
  of(cell: CellChange): string {
    if (cell.subject !== this.#caller.subject || cell.system !== this.#caller.system) {
      this.#caller = cell;
      this.#head = `${cell.subject} ${cell.system} `;
    }
    const known = this.#ends.get(cell.name);
    const end = known !== undefined && isEndOf(known, cell) ? known : this.#end(cell);
    return this.#head + end.text;
  }

  #end(cell: CellChange): End {
    const { target, name, operation, before, after } = cell;
    const text = `${target} ${name} ${operation ?? ''} ${before.kind} ${after.kind}${this.#of(cell)}`;
    const end = { target, operation, before: before.kind, after: after.kind, text };
    this.#ends.set(name, end);
    return end;
  }
}

/** The one that was written last of a name. */
interface End extends Pick<CellChange, 'target'> {
  readonly operation: string | undefined;
  readonly before: CellChange['before']['kind'];
  readonly after: CellChange['after']['kind'];
  readonly text: string;
}

function isEndOf(end: End, { target, operation, before, after }: CellChange): boolean {
  return end.target === target && end.operation === operation && end.before === before.kind && end.after === after.kind;
}
