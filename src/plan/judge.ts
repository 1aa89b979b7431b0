import { isJsonList, isJsonObject, type Json, type JsonObject, own } from '../manifest/json.ts';
import { compareText } from '../manifest/problem.ts';
import type { Kind, Place, Resource } from '../manifest/resource.ts';
import type { AccessChanges, Direction, JudgedChange } from './access.ts';
import type { Comparison } from './authority-scope.ts';
import { atField, fieldsChanged, placeIn } from './cause.ts';
import type { FieldChange } from './change.ts';
import { fieldDiff } from './fields.ts';
import { Covers } from './judge-covers.ts';
import { never } from './judge-narrowing.ts';
import { type Forms, judge, type JudgedField, type JudgeRow, type JudgeRule } from './judge-rule.ts';
import { everyKind, judgeRules } from './judge-rules.ts';
import { entriesByKey, listKeyAt } from './list-keys.ts';
import { sensitiveFields } from './sensitive.ts';
import type { Sides } from './sides.ts';

/** What no cell shows, judged by the table: whatever is not provably a narrowing widens the cells that it covers. */
export function judgedChanges(comparison: Comparison, moved: Pick<AccessChanges, 'cells'>): readonly JudgedChange[] {
  const { sides, was } = comparison;
  const covers = new Covers(comparison, moved);
  const renamed = new Set(was.values());
  const judged = sides.changed.flatMap((address) => {
    if (renamed.has(address)) return [];
    const before = sides.before.get(was.get(address) ?? address);
    const after = sides.after.get(address);
    const kind = (after ?? before)?.kind;
    if (kind === undefined) return [];
    const forms: Forms = { address, kind, before, after };
    return verdictsOf(forms, fieldsOf(forms, comparison)).flatMap((verdict) => {
      const { aspect, direction, field, why } = verdict;
      const reached = covers.of(forms, verdict);
      if (reached === undefined) return [];
      const message = `${address} changes ${why}.`;
      return [{ aspect, direction, address, place: placeIn(sides, address), field, message, covers: reached }];
    });
  });
  judged.sort(
    (a, b) =>
      (a.direction === b.direction ? 0 : a.direction === 'widened' ? -1 : 1) ||
      compareText(a.address, b.address) ||
      compareText(a.field, b.field),
  );
  return judged.map((one, nth) => (nth < placedMax ? { ...one, place: placeOf(one, sides) } : one));
}

/** Finding a field means reading its file again. Where more than these change at once, the rest are told by resource. */
const placedMax = 100;

function placeOf({ address, place, field }: JudgedChange, sides: Sides): Place {
  return atField({ address, place, fields: [field] }, sides).place;
}

/** What the table says of each changed field that it judges. */
export function verdictsOf({ kind, before, after }: Forms, fields: readonly FieldChange[]): readonly JudgedField[] {
  const found = new Map<string, JudgedField>();
  const isAudited = kind === 'AgentPolicy' && [before, after].some((form) => specOf(form)['mode'] === 'audit');
  for (const change of fields) {
    const segments = segmentsOf(change.path);
    const { rule, length } = ruleFor(kind, segments, change);
    // A policy that only records restricts nothing, so that nothing else in it can be lost.
    if (rule === undefined || (isAudited && rule.aspect !== 'policy.mode')) continue;
    const at = segments.slice(0, length);
    const key = `${rule.aspect} ${at.join('\n')}`;
    const direction = found.has(key) ? undefined : directionOf(rule, { kind, before, after, at });
    if (direction === undefined) continue;
    const { aspect, why } = rule;
    found.set(key, { aspect, why, direction, field: change.path, segments: at });
  }
  return [...found.values()];
}

interface Located extends Omit<Forms, 'address'> {
  readonly at: readonly string[];
}

/** Undefined: each value narrows the other, so that they say the same. */
function directionOf({ narrows }: JudgeRule, { kind, before, after, at }: Located): Direction | undefined {
  const namespace = (after ?? before)?.namespace ?? '';
  const [was, is] = [valueAt(kind, before?.manifest, at), valueAt(kind, after?.manifest, at)];
  const holders = [before, after].map((form) => {
    const holder = valueAt(kind, form?.manifest, at.slice(0, -1));
    return isJsonObject(holder) ? holder : undefined;
  });
  const isNarrower = narrows(was, is, { namespace, before: holders[0], after: holders[1] });
  if (!isNarrower) return 'widened';
  return narrows(is, was, { namespace, before: holders[1], after: holders[0] }) ? undefined : 'narrowed';
}

/** The longest row that fits; a field that no row knows counts as widening. */
function ruleFor(
  kind: Kind,
  segments: readonly string[],
  { before, after, sensitive }: FieldChange,
): { readonly rule: JudgeRule | undefined; readonly length: number } {
  const found = rowFor(kind, segments);
  if (found !== undefined) return { rule: 'aspect' in found.row ? found.row : undefined, length: found.length };
  const isHollow = !sensitive && [before, after].every(isEmpty);
  return {
    rule: isHollow ? undefined : judge('field.unknown', never, 'what no rule speaks of'),
    length: segments.length,
  };
}

export function rowFor(
  kind: Kind,
  segments: readonly string[],
): { readonly row: JudgeRow; readonly length: number } | undefined {
  const table = patternsOf(kind);
  let found: { readonly row: JudgeRow; readonly length: number } | undefined;
  for (const { pattern, row } of table) {
    if (pattern.length > segments.length || pattern.length <= (found?.length ?? 0)) continue;
    if (pattern.every((part, index) => part === '*' || part === segments[index]))
      found = { row, length: pattern.length };
  }
  return found;
}

interface Pattern {
  readonly pattern: readonly string[];
  readonly row: JudgeRow;
}

const patterns = new Map<Kind, readonly Pattern[]>();

function patternsOf(kind: Kind): readonly Pattern[] {
  const known = patterns.get(kind);
  if (known !== undefined) return known;
  const rows = Object.entries({ ...everyKind, ...judgeRules[kind] });
  const made = rows.map(([path, row]) => ({ pattern: path.split('.'), row }));
  patterns.set(kind, made);
  return made;
}

/** `spec.tools["search"].tools["x"]` as its keys. */
export function segmentsOf(path: string): readonly string[] {
  const segments: string[] = [];
  for (const [, name, quoted, index] of path.matchAll(/\.?([A-Za-z_][\w-]*)|\[("(?:[^"\\]|\\.)*")\]|\[(\d+)\]/g)) {
    segments.push(name ?? index ?? String(JSON.parse(quoted ?? '""')));
  }
  return segments;
}

function valueAt(kind: Kind, manifest: JsonObject | undefined, segments: readonly string[]): Json | undefined {
  let value: Json | undefined = manifest;
  for (const [index, segment] of segments.entries()) {
    if (isJsonList(value)) {
      const key = listKeyAt(kind, segments.slice(0, index));
      value = key === 'index' ? value[Number(segment)] : entriesByKey(value, key).get(segment);
    } else value = isJsonObject(value) ? own(value, segment) : undefined;
  }
  return value;
}

/** A ToolPermission restricts by being there; what else comes or goes has cells or a reach to speak for it. */
function fieldsOf({ address, kind, before, after }: Forms, { sides }: Comparison): readonly FieldChange[] {
  if (before !== undefined && after !== undefined) return fieldsChanged(address, sides);
  if (kind !== 'ToolPermission') return [];
  return fieldDiff(kind, { before: before?.manifest, after: after?.manifest }, sensitiveFields(kind)).fields;
}

function specOf(form: Resource | undefined): JsonObject {
  const spec = form?.manifest['spec'];
  return isJsonObject(spec) ? spec : {};
}

function isEmpty(value: Json | undefined): boolean {
  return value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
}
