import { sha256 } from '../manifest/digest.ts';
import { neutral } from '../manifest/neutral.ts';
import { compareText } from '../manifest/problem.ts';
import type { Address } from '../manifest/resource.ts';
import type { CellChange } from './access.ts';
import { CellLines } from './cell-line.ts';

export interface FoundItem {
  /** For people. */
  readonly detail: string;
  /** All that the item is about, for the content: names, verdicts, digests of values. No place, nothing sensitive. */
  readonly key: readonly (string | number | undefined)[];
}

/** What a risk consists of, written out as far as it is asked for: a fleet's has hundreds of thousands of items. */
export interface RiskItems {
  /** Every item, each once, in one order. */
  readonly keys: () => readonly string[];
  /** What stands for all keys among the items of many risks. */
  readonly digest: () => string;
  readonly details: (max: number) => { readonly lines: readonly string[]; readonly count: number };
}

/** Of a list of items; JSON keeps one item's end from passing for another's beginning. It writes `undefined` as null. */
export function listed(items: readonly FoundItem[]): RiskItems {
  const keys = (): readonly string[] => sorted(items.map(({ key }) => JSON.stringify(key)));
  return {
    keys,
    digest: () => sha256(keys().join('\n')),
    details: (max) => {
      const lines = sorted(items.map(({ detail }) => neutral(detail)));
      return { lines: lines.slice(0, max), count: lines.length };
    },
  };
}

/** Says what stands for what is called, and writes cells with it; one for all the cells of a plan. */
export interface CalledCells {
  readonly called: (cell: CellChange) => string | undefined;
  readonly lines: CellLines;
}

export function calledCells(digestOf: (called: Address) => string | undefined): CalledCells {
  const called = ({ target, name }: CellChange): string | undefined =>
    digestOf(`${target === 'tool' ? 'Tool' : 'ModelEndpoint'}/${name}`);
  return { called, lines: new CellLines((cell) => ` ${called(cell) ?? ''}`) };
}

/** Of cells in the order of their callers and of what these call. */
export function celled(cells: readonly CellChange[], { called, lines: written }: CalledCells): RiskItems {
  return {
    keys: () =>
      sorted(
        cells.map((cell) => {
          const { subject, system, target, name, operation, before, after } = cell;
          // What is called counts too: whoever agreed to a tool did not agree to another under its name.
          return JSON.stringify([subject, system, target, name, operation, before.kind, after.kind, called(cell)]);
        }),
      ),
    digest: () => sha256(cells.map((cell) => written.of(cell)).join('\n')),
    details: (max) => {
      const shown = max === 0 ? [] : cells;
      const lines = sorted(
        shown.map((cell) => neutral(`${cellName(cell)} in ${cell.system}: ${cell.before.kind} -> ${cell.after.kind}`)),
      );
      return { lines: lines.slice(0, max), count: cells.length };
    },
  };
}

/** Of many risks, each with whom or what it is about: an item says what changes, and not of whom. */
export function together(all: readonly { readonly about: string; readonly items: RiskItems }[]): RiskItems {
  const keys = (): readonly string[] => sorted(all.map(({ about, items }) => JSON.stringify([about, items.digest()])));
  return {
    keys,
    digest: () => sha256(keys().join('\n')),
    details: (max) => {
      const lines: string[] = [];
      let count = 0;
      for (const { about, items } of all.toSorted((a, b) => compareText(`${a.about}: `, `${b.about}: `))) {
        const own = items.details(Math.max(0, max - lines.length));
        count += own.count;
        for (const line of own.lines) lines.push(neutral(`${about}: ${line}`));
      }
      return { lines: sorted(lines), count };
    },
  };
}

export function cellName({ target, name, operation }: CellChange): string {
  return target === 'model' ? `model ${name}` : operation === undefined ? name : `${name} (${operation})`;
}

/** By code units, as compareText, and without a call for each comparison. */
function sorted(lines: readonly string[]): readonly string[] {
  return [...new Set(lines)].sort();
}
