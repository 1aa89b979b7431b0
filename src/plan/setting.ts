import { isJsonObject, type Json, own } from '../manifest/json.ts';
import { neutral } from '../manifest/neutral.ts';
import { compareText } from '../manifest/problem.ts';
import type { SettingChange } from './section.ts';
import { type SensitiveTree, sensitiveChild } from './sensitive.ts';

/** What differs between two values, by the paths of their members; lists are compared as a whole. */
export function settingChanges(
  path: string,
  { before, after }: { readonly before: Json | undefined; readonly after: Json | undefined },
  sensitive?: SensitiveTree,
): readonly SettingChange[] {
  if (isJsonObject(before ?? {}) && isJsonObject(after ?? {}) && (before ?? after) !== undefined) {
    const [left, right] = [before, after].map((side) => (isJsonObject(side) ? side : {}));
    const keys = new Set([...Object.keys(left ?? {}), ...Object.keys(right ?? {})]);
    return [...keys].sort(compareText).flatMap((key) => {
      const below = { before: own(left, key), after: own(right, key) };
      return settingChanges(path === '' ? key : `${path}.${key}`, below, sensitiveChild(sensitive, key));
    });
  }
  const [was, is] = [textOf(before), textOf(after)];
  if (was === is) return [];
  const hide = (text: string | undefined) => text && (sensitive?.sensitive === true ? '(sensitive)' : shown(text));
  return [{ field: neutral(path), before: hide(was), after: hide(is) }];
}

function textOf(value: Json | undefined): string | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const shownMax = 200;

/** One line, cut where it is long: the field's own change shows all of it. */
function shown(text: string): string {
  return text.length > shownMax ? `${neutral(text.slice(0, shownMax))}…` : neutral(text);
}
