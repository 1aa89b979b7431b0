import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type Json, type JsonObject } from '../manifest/json.ts';
import type { PinnedTool } from '../manifest/lock.ts';
import { neutral } from '../manifest/neutral.ts';
import { compareText } from '../manifest/problem.ts';

export type Definitions = Readonly<Record<string, PinnedTool['definition']>>;

/** What became of one tool of a server since people looked at it. */
export type PinChange =
  | { readonly kind: 'added' | 'removed'; readonly tool: string; readonly lines: readonly string[] }
  | {
      readonly kind: 'changed';
      readonly tool: string;
      /** `description`, `inputSchema.properties.id`: in order. */
      readonly fields: readonly string[];
      /** For people: what was and what is. */
      readonly lines: readonly string[];
    };

const fieldsMax = 50;
const shownMax = 400;

/** What a server offers, against what is pinned of it: by tool, in order. */
export function pinDiff(pinned: Definitions, offered: Definitions): readonly PinChange[] {
  const names = [...new Set([...Object.keys(pinned), ...Object.keys(offered)])].sort(compareText);
  return names.flatMap((tool): readonly PinChange[] => {
    const [was, is] = [definitionAt(pinned, tool), definitionAt(offered, tool)];
    if (was === undefined) return [{ kind: 'added', tool, lines: leafLines('+', is ?? {}) }];
    if (is === undefined) return [{ kind: 'removed', tool, lines: [] }];
    if (isDeepStrictEqual(was, is)) return [];
    const [old, now] = [leavesOf(was), leavesOf(is)];
    const fields = [...new Set([...old.keys(), ...now.keys()])].filter((field) => old.get(field) !== now.get(field));
    const shown = fields.sort(compareText).slice(0, fieldsMax);
    const lines = shown.flatMap((field) => [
      ...written('-', field, old.get(field)),
      ...written('+', field, now.get(field)),
    ]);
    return [{ kind: 'changed', tool, fields: shown, lines }];
  });
}

function definitionAt(definitions: Definitions, tool: string): JsonObject | undefined {
  return Object.hasOwn(definitions, tool) ? (definitions[tool] as unknown as JsonObject) : undefined;
}

function leafLines(sign: '+' | '-', definition: JsonObject): readonly string[] {
  return Array.from(leavesOf(definition), ([field, text]) => written(sign, field, text))
    .flat()
    .slice(0, fieldsMax);
}

/** Everything that a definition says, by its path; an empty list or object says that it is empty. */
function leavesOf(value: Json, path = '', found = new Map<string, string>()): Map<string, string> {
  const entries = isJsonObject(value)
    ? Object.entries(value)
    : Array.isArray(value)
      ? [...(value as Json[]).entries()]
      : [];
  if (entries.length === 0) found.set(path, JSON.stringify(value));
  for (const [key, child] of entries) leavesOf(child, path === '' ? String(key) : `${path}.${key}`, found);
  return found;
}

function written(sign: '+' | '-', field: string, text: string | undefined): readonly string[] {
  if (text === undefined) return [];
  const cut = text.length > shownMax ? `${text.slice(0, shownMax)}… (${text.length} characters)` : text;
  return [neutral(`${sign} ${field}: ${cut}`)];
}
