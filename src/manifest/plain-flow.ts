import type { Json } from './json.ts';
import { goBeyond, plainKey, plainDepthMax, plainScalar, quotedEnd, withoutSpaces } from './plain-scalar.ts';

/** What goes through a line. */
export interface Cursor {
  readonly text: string;
  at: number;
  /** The end of the line. */
  readonly to: number;
}

/** The list or map between brackets, on one line, that the cursor stands at; leaves the cursor behind it. */
export function readFlow(cursor: Cursor, depth: number): Json {
  if (depth > plainDepthMax) goBeyond();
  const first = cursor.text[cursor.at];
  if (first === '[') return readList(cursor, depth + 1);
  if (first === '{') return readMap(cursor, depth + 1);
  return readScalar(cursor);
}

function readList(cursor: Cursor, depth: number): Json {
  const list: Json[] = [];
  if (opens(cursor, ']')) return list;
  do list.push(readFlow(cursor, depth));
  while (isContinued(cursor, ']'));
  return list;
}

function readMap(cursor: Cursor, depth: number): Json {
  const map: Record<string, Json> = {};
  if (opens(cursor, '}')) return map;
  do {
    const colon = cursor.text.indexOf(':', cursor.at);
    const name = plainKey(cursor.text.slice(cursor.at, colon < 0 ? cursor.at : colon));
    if (cursor.text[colon + 1] !== ' ' || Object.hasOwn(map, name)) goBeyond();
    cursor.at = colon + 1;
    skipSpaces(cursor);
    map[name] = readFlow(cursor, depth);
  } while (isContinued(cursor, '}'));
  return map;
}

/** Steps into a bracket; whether it is closed at once. */
function opens(cursor: Cursor, close: string): boolean {
  cursor.at += 1;
  skipSpaces(cursor);
  if (cursor.text[cursor.at] !== close) return false;
  cursor.at += 1;
  return true;
}

/** Steps over what stands between two entries, or behind the last. */
function isContinued(cursor: Cursor, close: string): boolean {
  skipSpaces(cursor);
  const sign = cursor.at < cursor.to ? cursor.text[cursor.at] : '';
  if (sign !== close && sign !== ',') goBeyond();
  cursor.at += 1;
  if (sign === close) return false;
  skipSpaces(cursor);
  return true;
}

function readScalar(cursor: Cursor): Json {
  const { text, at, to } = cursor;
  const first = text[at];
  if (first === '"' || first === "'") {
    cursor.at = quotedEnd(text, at, to);
    return text.slice(at + 1, cursor.at - 1);
  }
  let end = at;
  while (end < to && !flowSigns.has(text[end] ?? '')) end += 1;
  cursor.at = end;
  // A colon before a sign of flow collections ends a key as one before a space does.
  if (end === at || text[end - 1] === ':') goBeyond();
  return plainScalar(withoutSpaces(text, at, end));
}

const flowSigns: ReadonlySet<string> = new Set(['[', ']', '{', '}', ',']);

function skipSpaces(cursor: Cursor): void {
  while (cursor.at < cursor.to && cursor.text[cursor.at] === ' ') cursor.at += 1;
}
