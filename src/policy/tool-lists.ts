/** How an agent uses one tool. */
export interface ToolUse {
  /** What rules call it by: `namespace/name` of a Tool, `mcp:namespace/server:tool`. */
  readonly id: string;
  /** What a model calls it by. */
  readonly name: string;
  readonly timeout: string | undefined;
  /** Each call waits for an approval. */
  readonly isAsked: boolean;
}

/** Of text, as JavaScript holds it: thousands of lists as agents have them, and few as an attacker writes them. */
const bytesMaxDefault = 1024 * 1024;

interface Entry {
  readonly uses: readonly ToolUse[];
  readonly bytes: number;
}

/** Lists of tools that agents had of late, by what is written. Losing any of it costs time only. */
export class ToolLists {
  readonly #bytesMax: number;
  /** The one that was used last comes last. */
  readonly #lists = new Map<string, Entry>();
  #bytes = 0;

  constructor(bytesMax = bytesMaxDefault) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** `key`: a text of its own, no part of a longer one. */
  of(key: string, make: () => readonly ToolUse[]): readonly ToolUse[] {
    const known = this.#lists.get(key);
    if (known !== undefined) {
      this.#lists.delete(key);
      this.#lists.set(key, known);
      return known.uses;
    }
    const uses = make();
    const bytes = bytesOf(key, uses);
    // What is larger than all together would drive out everything else, and be gone with the next one.
    if (bytes > this.#bytesMax) return uses;
    const entry = { uses: ofOwnText(uses), bytes };
    this.#lists.set(key, entry);
    this.#bytes += bytes;
    for (const [oldest, { bytes: freed }] of this.#lists) {
      if (this.#bytes <= this.#bytesMax) break;
      this.#lists.delete(oldest);
      this.#bytes -= freed;
    }
    return entry.uses;
  }
}

/** An entry of the list itself, beside its text. */
const useBytes = 100;

function bytesOf(key: string, uses: readonly ToolUse[]): number {
  let length = key.length;
  for (const { id, name, timeout = '' } of uses) length += id.length + name.length + timeout.length;
  return 2 * length + useBytes * uses.length;
}

/**
 * A part of a text keeps the whole alive, which may be a manifest file that is long gone: these are parts of one that
 * holds nothing else.
 */
function ofOwnText(uses: readonly ToolUse[]): readonly ToolUse[] {
  const text = uses.map(({ id, name, timeout = '' }) => `${id}\n${name}\n${timeout}`).join('\n');
  let at = 0;
  const next = (length: number): string => {
    const part = text.slice(at, at + length);
    at += length + 1;
    return part;
  };
  return uses.map(({ id, name, timeout, isAsked }) => {
    const [ownId, ownName, ownTimeout] = [next(id.length), next(name.length), next(timeout?.length ?? 0)];
    return { id: ownId, name: ownName, timeout: timeout === undefined ? undefined : ownTimeout, isAsked };
  });
}
