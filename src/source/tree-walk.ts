import { TerminalError } from '../errors.ts';
import { coverOf, kindOf, leadOf } from './git-text.ts';
import { nameTwice } from './object-errors.ts';
import { entriesMax, type TreeEntry } from './reader.ts';

/** A leaf of a tree, before its size is known. */
export interface TreeNode {
  readonly path: string;
  readonly kind: TreeEntry['kind'];
  readonly id: string;
}

/** One line of a tree object. */
export interface TreeLine {
  readonly mode: string;
  readonly path: string;
  readonly oid: string;
}

export interface NodeDifference {
  readonly path: string;
  readonly node: TreeNode | undefined;
}

const depthMax = 128;
/** A few objects that name each other twice over make folders without number, and not one file. */
const foldersMax = 100_000;

/** Lists and compares trees through a function that reads one tree object. */
export class TreeWalk {
  readonly #readTree: (id: string, prefix: string) => Promise<readonly TreeLine[]>;
  readonly #noticeAhead: (folders: number) => void;

  /** `noticeAhead` is told how many folders are known to be left to enter, and may throw. */
  constructor(
    readTree: (id: string, prefix: string) => Promise<readonly TreeLine[]>,
    noticeAhead: (folders: number) => void = () => undefined,
  ) {
    this.#readTree = readTree;
    this.#noticeAhead = noticeAhead;
  }

  /** Every leaf at or below the paths. */
  async list(tree: string, paths: readonly string[]): Promise<TreeNode[]> {
    const found = await this.differences(undefined, tree, paths);
    return found.flatMap(({ node }) => (node === undefined ? [] : [node]));
  }

  /** Leaves that differ; folders with equal ids are not entered. */
  async differences(from: string | undefined, to: string, paths: readonly string[]): Promise<NodeDifference[]> {
    const differences: NodeDifference[] = [];
    const [inside, leads] = [coverOf(paths), leadOf(paths)];
    const pending = [{ from, to: to as string | undefined, prefix: '' }];
    let folders = 0;
    for (let pair = pending.pop(); pair !== undefined; pair = pending.pop()) {
      folders += 1;
      if (folders > foldersMax) throw tooMany();
      if (pair.from === pair.to) continue;
      if (pair.prefix.split('/').length > depthMax) throw tooDeep();
      this.#noticeAhead(pending.length + 1);
      const [older, newer] = await Promise.all([
        this.#lines(pair.from, pair.prefix),
        this.#lines(pair.to, pair.prefix),
      ]);
      for (const name of new Set([...older.keys(), ...newer.keys()])) {
        const path = pair.prefix + name;
        const [before, after] = [older.get(name), newer.get(name)];
        if (before?.oid === after?.oid && before?.mode === after?.mode) continue;
        const [folderBefore, folderAfter] = [folderId(before), folderId(after)];
        if ((folderBefore ?? folderAfter) !== undefined && (inside(path) || leads(path))) {
          pending.push({ from: folderBefore, to: folderAfter, prefix: `${path}/` });
        }
        const leafBefore = before !== undefined && folderBefore === undefined;
        const node = after === undefined || folderAfter !== undefined ? undefined : nodeOf(path, after);
        if ((leafBefore || node !== undefined) && inside(path)) differences.push({ path, node });
        if (differences.length > entriesMax) return differences;
      }
    }
    return differences;
  }

  async #lines(id: string | undefined, prefix: string): Promise<ReadonlyMap<string, TreeLine>> {
    if (id === undefined) return new Map();
    const lines = new Map<string, TreeLine>();
    for (const line of await this.#readTree(id, prefix)) {
      if (isTwice(lines, line.path)) throw nameTwice(prefix + line.path);
      lines.set(line.path, line);
    }
    return lines;
  }
}

/** Names that are not UTF-8 are read alike, and are refused as such. */
export function isTwice(seen: Pick<ReadonlySet<string>, 'has'>, name: string): boolean {
  return seen.has(name) && !isUnclear(name);
}

export function isUnclear(name: string): boolean {
  return name.includes('\ufffd');
}

export function folderId(line: TreeLine | undefined): string | undefined {
  return line !== undefined && /^0?40000$/.test(line.mode) ? line.oid : undefined;
}

function nodeOf(path: string, line: TreeLine): TreeNode {
  return { path, kind: kindOf(line.mode), id: line.oid };
}

function tooMany(): TerminalError {
  return new TerminalError(`The paths hold more than ${foldersMax} folders.`, {
    code: 'git.tree_too_large',
    help: 'Give the environment narrower paths.',
  });
}

function tooDeep(): TerminalError {
  return new TerminalError(`A folder is nested more than ${depthMax} deep.`, {
    code: 'git.tree_too_large',
    help: 'Give the environment narrower paths.',
  });
}
