import type { Json } from '../../manifest/json.ts';
import type { Change, FieldChange } from '../change.ts';
import { valueText } from './field.ts';

/**
 * The three columns of a conflict, one field after the other, as text with its indent: what the last revision says,
 * what live holds, what Git wants. Empty where one of the three does not have the resource at all.
 */
export function conflictColumns(drifted: Change, change: Change): readonly (readonly [string, number])[] {
  if (drifted.action !== 'update' || change.action !== 'update') return [];
  const ours = new Map(change.fields.map((field) => [field.path, field]));
  const theirs = new Map(drifted.fields.map((field) => [field.path, field]));
  return [...new Set([...theirs.keys(), ...ours.keys()])].sort().flatMap((path) => {
    const live = theirs.get(path);
    const target = ours.get(path);
    const held = live === undefined ? target?.before : live.after;
    const show = (value: Json | undefined): string => (isHidden(live, target) ? '(sensitive)' : valueText(value));
    return [
      [path, 0],
      [`last applied  ${show(live === undefined ? held : live.before)}`, 4],
      [`live          ${show(held)}`, 4],
      [`Git           ${show(target === undefined ? held : target.after)}`, 4],
    ] as const;
  });
}

function isHidden(...fields: readonly (FieldChange | undefined)[]): boolean {
  return fields.some((field) => field?.sensitive === true);
}
