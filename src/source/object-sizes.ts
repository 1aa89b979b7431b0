import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { objectTooLarge } from './object-errors.ts';
import {
  compressedBytesMax,
  deltaTargetSize,
  entryHeadBytes,
  inflatedExactly,
  inflatedHead,
  type ObjectType,
  packEntry,
  type PackEntry,
} from './pack-entry.ts';
import { heldBytesMax } from './pack-guard.ts';
import { offsetIn } from './pack-index.ts';

export interface ObjectSize {
  readonly type: ObjectType;
  readonly size: number;
}

/** Git makes chains of fifty deltas at most, unless it is told otherwise. */
const chainMax = 4096;
const rememberedMax = 10_000;

interface Place {
  /** The pack's file. */
  readonly pack: string;
  readonly offset: number;
}

/**
 * Sizes of objects by what their heads say. isomorphic-git gives an object only whole, and what unpacks to a thousand
 * times its size would fill the memory before anybody could refuse it.
 */
export class ObjectSizes {
  readonly #objects: string;
  /** Of the packs that are there, by name; an index never changes. */
  readonly #indexes = new Map<string, Buffer>();
  /** Judged before: a tree that is reached by many paths is judged once. */
  readonly #held = new Map<string, ObjectSize>();

  constructor(gitDirectory: string) {
    this.#objects = join(gitDirectory, 'objects');
  }

  /** Nothing but heads is read. Undefined: the object is not here, or has no head. */
  async sizeOf(id: string): Promise<ObjectSize | undefined> {
    const loose = await this.#loose(id, entryHeadBytes);
    if (loose !== undefined) return looseHead(inflatedHead(loose))?.is;
    const place = await this.#place(id);
    return place === undefined ? undefined : this.#packed(place);
  }

  /**
   * Throws where reading the object would hold more than `bytesMax`: itself, a delta on the way to it or the object
   * that they begin at. What has other bytes than its head says is refused as well.
   */
  async assertHeld(id: string, bytesMax = heldBytesMax): Promise<ObjectType | undefined> {
    const known = this.#held.get(id);
    const is = known ?? (await this.sizeOf(id));
    if (is === undefined) return undefined;
    if (is.size > bytesMax) throw objectTooLarge(id, is.size, bytesMax);
    if (known !== undefined) return known.type;
    const loose = await this.#loose(id, compressedBytesMax(is.size));
    if (loose === undefined) await this.#assertChain(id);
    else inflatedExactly(loose, is.size + (looseHead(inflatedHead(loose))?.contentAt ?? 0));
    if (this.#held.size >= rememberedMax) this.#held.clear();
    this.#held.set(id, is);
    return is.type;
  }

  async #assertChain(id: string): Promise<void> {
    let place = await this.#place(id);
    for (let depth = 0; place !== undefined; depth += 1) {
      if (depth > chainMax) throw new RangeError(`more than ${chainMax} deltas`);
      const { pack, offset }: Place = place;
      const entry = await entryOf(place);
      if (entry.size > heldBytesMax) throw objectTooLarge(id, entry.size, heldBytesMax);
      const bytes = await partOf(pack, offset + entry.dataAt, compressedBytesMax(entry.size));
      const { content } = inflatedExactly(bytes, entry.size);
      if (entry.type !== 'delta') return;
      const made = deltaTargetSize(content) ?? 0;
      if (made > heldBytesMax) throw objectTooLarge(id, made, heldBytesMax);
      // A base that is loose is judged by itself.
      if (typeof entry.base === 'string' && (await this.#loose(entry.base, 1)) !== undefined) {
        await this.assertHeld(entry.base);
        return;
      }
      place = await this.#baseOf(place, entry);
    }
  }

  async #packed(start: Place): Promise<ObjectSize | undefined> {
    let size: number | undefined;
    let place: Place | undefined = start;
    for (let depth = 0; place !== undefined && depth <= chainMax; depth += 1) {
      const entry = await entryOf(place);
      if (entry.type !== 'delta') return { type: entry.type, size: size ?? entry.size };
      const { pack, offset }: Place = place;
      size ??= deltaTargetSize(inflatedHead(await partOf(pack, offset + entry.dataAt, entryHeadBytes)));
      if (typeof entry.base === 'string' && (await this.#loose(entry.base, 1)) !== undefined) {
        const base = await this.sizeOf(entry.base);
        return base === undefined || size === undefined ? undefined : { type: base.type, size };
      }
      place = await this.#baseOf(place, entry);
    }
    return undefined;
  }

  async #baseOf({ pack, offset }: Place, { base }: PackEntry): Promise<Place | undefined> {
    if (typeof base === 'string') return this.#place(base);
    return base === undefined || base <= 0 || base >= offset ? undefined : { pack, offset: offset - base };
  }

  /** The beginning of a loose object, as it is compressed. */
  async #loose(id: string, bytesMax: number): Promise<Buffer | undefined> {
    return partOf(join(this.#objects, id.slice(0, 2), id.slice(2)), 0, bytesMax).catch(ifThere);
  }

  /** Packs come with every fetch, and go when Git tidies up: the folder is looked at each time, as the library does. */
  async #place(id: string): Promise<Place | undefined> {
    const folder = join(this.#objects, 'pack');
    const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.idx'));
    for (const gone of [...this.#indexes.keys()].filter((name) => !names.includes(name))) this.#indexes.delete(gone);
    for (const name of names) {
      const index = this.#indexes.get(name) ?? (await readFile(join(folder, name)).catch(ifThere));
      if (index === undefined) continue;
      this.#indexes.set(name, index);
      const offset = offsetIn(index, id);
      if (offset !== undefined) return { pack: join(folder, name.replace(/idx$/, 'pack')), offset };
    }
    return undefined;
  }
}

async function entryOf({ pack, offset }: Place): Promise<PackEntry> {
  const entry = packEntry(await partOf(pack, offset, entryHeadBytes));
  if (entry === undefined) throw new RangeError(`no object begins at ${offset}`);
  return entry;
}

async function partOf(path: string, position: number, bytesMax: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytesMax), 0, bytesMax, position);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** `blob 12`, NUL, and then the content. */
function looseHead(bytes: Buffer): { readonly is: ObjectSize; readonly contentAt: number } | undefined {
  const end = bytes.indexOf(0);
  const found = /^(commit|tree|blob|tag) (\d{1,15})$/.exec(bytes.toString('latin1', 0, Math.max(end, 0)));
  const type = types.find((name) => name === found?.[1]);
  return type === undefined ? undefined : { is: { type, size: Number(found?.[2]) }, contentAt: end + 1 };
}

const types = ['commit', 'tree', 'blob', 'tag'] as const;

function ifThere(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
}
