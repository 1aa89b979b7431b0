import { diffArrays } from 'diff';

/**
 * A change from one text to another, made in a text that differs from the first in its spaces alone: wherever the
 * change does not reach, the lines stay as they are, and what is new takes their indents. Undefined: there is no place
 * for a part of it.
 */
export function mergeLines(text: string, change: { readonly from: string; readonly to: string }): string | undefined {
  const [original, from, to] = [text.split('\n'), change.from.split('\n'), change.to.split('\n')];
  const places = placesOf(from, original);
  const merged: string[] = [];
  let done = 0;
  let at = 0;
  const parts = diffArrays(from, to);
  for (const [index, part] of parts.entries()) {
    if (!part.added && !part.removed) at += part.value.length;
    if ((!part.added && !part.removed) || (part.added && parts[index - 1]?.removed === true)) continue;
    const removed = part.removed ? part.value.length : 0;
    const next = part.added ? part : parts[index + 1];
    const fresh = next?.added === true ? next.value : [];
    const start = removed > 0 ? places[at] : at === 0 ? 0 : after(places[at - 1]);
    const end = removed > 0 ? after(places[at + removed - 1]) : start;
    if (start === undefined || end === undefined || start < done) return undefined;
    merged.push(...original.slice(done, start));
    for (const line of fresh) merged.push(reindented(line, { from, original, places, at }));
    done = end;
    at += removed;
  }
  return [...merged, ...original.slice(done)].join('\n');
}

function after(place: number | undefined): number | undefined {
  return place === undefined ? undefined : place + 1;
}

/** For each line where it is in the other text; undefined where it is not. */
function placesOf(lines: readonly string[], original: readonly string[]): readonly (number | undefined)[] {
  const places: (number | undefined)[] = [];
  let place = 0;
  for (const { added, removed, value } of diffArrays(lines.map(withoutSpaces), original.map(withoutSpaces))) {
    if (added) place += value.length;
    else if (removed) places.push(...value.map(() => undefined));
    else for (const _line of value) places.push(place++);
  }
  return places;
}

function withoutSpaces(line: string): string {
  return line.replaceAll(/\s+/g, '');
}

interface Aligned {
  readonly from: readonly string[];
  readonly original: readonly string[];
  readonly places: readonly (number | undefined)[];
  /** The line of `from` near which the change is. */
  readonly at: number;
}

/** A line with the indent that its neighbours have in the original. */
function reindented(line: string, aligned: Aligned): string {
  const wanted = indentOf(line);
  const text = line.slice(wanted.length);
  if (text === '' || wanted === '') return line;
  // Lists may stand below their key without an indent of their own.
  const indents = indentsNear(aligned, isEntry(line));
  const known = indents.get(wanted.length);
  if (known !== undefined) return known + text;
  const below = Math.max(...[...indents.keys()].filter((length) => length < wanted.length), 0);
  // A level deeper than any neighbour: as much again as the first level has.
  const levels = Math.ceil((wanted.length - below) / 2);
  return (indents.get(below) ?? '') + (indents.get(2) ?? '  ').repeat(levels) + text;
}

/** By length, the indent that the nearest such line has in the original; those before the change come first. */
function indentsNear({ from, original, places, at }: Aligned, ofEntries: boolean): ReadonlyMap<number, string> {
  const indents = new Map<number, string>([[0, '']]);
  const look = (index: number): void => {
    const [line, place] = [from[index] ?? '', places[index]];
    const { length } = indentOf(line);
    if (place === undefined || line.trim() === '' || indents.has(length) || isEntry(line) !== ofEntries) return;
    indents.set(length, indentOf(original[place] ?? ''));
  };
  for (let index = at - 1; index >= 0; index -= 1) look(index);
  for (let index = at; index < from.length; index += 1) look(index);
  return indents;
}

function isEntry(line: string): boolean {
  return /^\s*-(?:\s|$)/.test(line);
}

function indentOf(line: string): string {
  return line.slice(0, line.length - line.trimStart().length);
}
