import { type Field, type MapType, membersOf, shownType, unionOf, type ValueType } from './expression-type.ts';
import type { Json } from './json.ts';
import { didYouMean } from './nearest.ts';
import { shownText } from './shown.ts';

/** Why a value of one type is not one of another: never, or not in every case. */
export interface Misfit {
  readonly kind: 'missing' | 'unknown' | 'type';
  readonly isCertain: boolean;
  /** Keys from the value to what does not fit. */
  readonly at: readonly string[];
  /** What is needed there. */
  readonly needs: string;
  /** What is there. */
  readonly gives?: string;
  readonly help?: string | undefined;
}

/** Types that hold themselves are compared this far. */
const depthMax = 12;

/** What keeps values of type `from` from being of type `to`: the first thing that certainly does, else what may. */
export function misfitOf(from: ValueType, to: ValueType, depth = 0): Misfit | undefined {
  if (from.kind === 'dyn' || to.kind === 'dyn' || depth > depthMax) return undefined;
  if (from.kind === 'optional') return misfitOf(from.value, to, depth);
  const targets = membersOf(to);
  const misfits: Misfit[] = [];
  for (const member of membersOf(from)) {
    const against = targets.map((target) => memberMisfit(member, target, depth));
    if (against.includes(undefined)) continue;
    const [first] = against;
    // Of several targets none says better than another what was meant.
    const isCertain = against.every((one) => one?.isCertain === true);
    const misfit = targets.length === 1 ? first : wrongType(member, to, isCertain);
    if (misfit !== undefined) misfits.push(misfit);
  }
  const all = misfits.length === membersOf(from).length;
  const worst = misfits.find(({ isCertain }) => isCertain) ?? misfits[0];
  return worst === undefined ? undefined : { ...worst, isCertain: worst.isCertain && all };
}

function wrongType(from: ValueType, to: ValueType, isCertain: boolean): Misfit {
  return { kind: 'type', isCertain, at: [], needs: shownNeed(to), gives: shownNeed(from) };
}

/** A type with the values it allows, where they are few. */
function shownNeed(type: ValueType): string {
  const members = membersOf(type);
  const values = members.flatMap((member): readonly (Json | undefined)[] =>
    member.kind === 'scalar' && member.values !== undefined ? member.values : [undefined],
  );
  if (values.includes(undefined) || values.length > 8) return shownType(type);
  return values.map((value) => shownText(JSON.stringify(value))).join(' or ');
}

function memberMisfit(from: ValueType, to: ValueType, depth: number): Misfit | undefined {
  if (from.kind === 'map' && to.kind === 'map') return mapMisfit(from, to, depth);
  if (from.kind === 'list' && to.kind === 'list') return misfitOf(from.element(), to.element(), depth + 1);
  if (from.kind !== 'scalar' || to.kind !== 'scalar' || from.name !== to.name) return wrongType(from, to, true);
  const { values } = to;
  if (from.values === undefined || values === undefined) return undefined;
  const outside = from.values.filter((value) => !values.includes(value));
  return outside.length === 0 ? undefined : wrongType(from, to, outside.length === from.values.length);
}

function mapMisfit(from: MapType, to: MapType, depth: number): Misfit | undefined {
  const given = from.fields();
  const wanted = to.fields();
  const misfits: Misfit[] = [];
  for (const [name, field] of wanted) {
    const misfit = fieldMisfit(given.get(name), { name, field, from, depth });
    if (misfit !== undefined) misfits.push(misfit);
  }
  for (const [name, field] of given) {
    if (wanted.has(name) || to.rest === 'open') continue;
    if (to.rest === 'closed') misfits.push(unknownField(name, { isCertain: field.required, wanted }));
    else misfits.push(...below(misfitOf(field.type(), to.rest(), depth + 1), name, field.required));
  }
  return misfits.find(({ isCertain }) => isCertain) ?? misfits[0];
}

interface Wanted {
  readonly name: string;
  readonly field: Field;
  readonly from: MapType;
  readonly depth: number;
}

function fieldMisfit(given: Field | undefined, { name, field, from, depth }: Wanted): Misfit | undefined {
  const missing = { kind: 'missing', at: [name], needs: shownNeed(field.type()) } as const;
  if (given === undefined) {
    if (!field.required || from.rest !== 'closed') return undefined;
    return { ...missing, isCertain: true };
  }
  const [misfit] = below(misfitOf(given.type(), field.type(), depth + 1), name, given.required);
  if (misfit?.isCertain === true) return misfit;
  return field.required && !given.required ? { ...missing, isCertain: false } : misfit;
}

function below(misfit: Misfit | undefined, name: string, isThere: boolean): Misfit[] {
  if (misfit === undefined) return [];
  return [{ ...misfit, at: [name, ...misfit.at], isCertain: misfit.isCertain && isThere }];
}

interface Unknown {
  readonly isCertain: boolean;
  readonly wanted: ReadonlyMap<string, Field>;
}

/** A key that a map does not take. */
export function unknownField(name: string, { isCertain, wanted }: Unknown): Misfit {
  const names = [...wanted.keys()];
  const listed = names.slice(0, 12).map(shownText).join(', ');
  const help = didYouMean(name, names) ?? (names.length === 0 ? 'It takes none.' : `It takes: ${listed}.`);
  return { kind: 'unknown', isCertain, at: [name], needs: '', help };
}

/** The type of the elements, or of a field, that a value written out at that place must have. */
export function targetBelow(target: ValueType, key: string | number): ValueType {
  const found: ValueType[] = [];
  for (const member of membersOf(target)) {
    if (member.kind === 'dyn') return member;
    if (typeof key === 'number' && member.kind === 'list') found.push(member.element());
    if (typeof key !== 'string' || member.kind !== 'map') continue;
    const field = member.fields().get(key);
    if (field !== undefined) found.push(field.type());
    else if (typeof member.rest === 'function') found.push(member.rest());
  }
  return found.length === 0 ? { kind: 'dyn' } : unionOf(found);
}
