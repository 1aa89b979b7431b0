import { neutral } from '../../manifest/neutral.ts';
import { compareText } from '../../manifest/problem.ts';
import type { Address } from '../../manifest/resource.ts';
import type { AccessChanges, Cause, CoverageChange, Direction } from '../access.ts';
import { clip, limitText, named, verdictText, withMore } from './words.ts';

/** What becomes of the power of one agent (or system) within one system. */
export interface AccessGroup {
  readonly subject: Address;
  readonly system: string;
  readonly widened: number;
  readonly narrowed: number;
  /** Widened ones first; cells that differ in their operation alone are one line. */
  readonly lines: readonly AccessLine[];
}

export interface AccessLine {
  readonly direction: Direction;
  /** e.g. `tool support/refund`; text from outside. */
  readonly what: string;
  readonly before: string;
  readonly after: string;
  readonly operations: readonly string[];
  readonly causes: readonly Cause[];
}

/** Groups by subject and system, those that gain most first, so that what is cut is what matters least. */
export function accessGroups(access: AccessChanges): readonly AccessGroup[] {
  const groups = new Map<string, { subject: Address; system: string; lines: Map<string, AccessLine>; count: Count }>();
  for (const { subject, system, line } of linesOf(access)) {
    const key = `${subject}\n${system}`;
    const group = groups.get(key) ?? { subject, system, lines: new Map(), count: { widened: 0, narrowed: 0 } };
    groups.set(key, group);
    group.count[line.direction] += 1;
    const same = `${line.direction}\n${line.what}\n${line.before}\n${line.after}\n${causeKey(line.causes)}`;
    const known = group.lines.get(same);
    group.lines.set(
      same,
      known === undefined ? line : { ...known, operations: [...known.operations, ...line.operations] },
    );
  }
  return Array.from(groups.values(), ({ lines, count, ...who }) => ({
    ...who,
    ...count,
    lines: [...lines.values()].sort((a, b) => compareText(b.direction, a.direction)),
  })).sort((a, b) => b.widened - a.widened || compareText(a.subject, b.subject) || compareText(a.system, b.system));
}

interface Count {
  widened: number;
  narrowed: number;
}

export function causeKey(causes: readonly Cause[]): string {
  return causes.map(({ address, fields }) => `${address} ${fields.join(' ')}`).join('\n');
}

const textMax = 160;

interface Placed {
  readonly subject: Address;
  readonly system: string;
  readonly line: AccessLine;
}

function* linesOf({ cells, limits, restrictions = [] }: AccessChanges): Generator<Placed> {
  for (const { subject, system, target, name, operation, direction, before, after, causes } of cells) {
    const operations = operation === undefined ? [] : [operation];
    const line = { direction, what: `${target} ${name}`, operations, causes };
    yield { subject, system, line: { ...line, before: verdictText(before), after: verdictText(after) } };
  }
  for (const { subject, system, limit, direction, before, after, causes } of limits) {
    const line = { direction, what: `limit ${limit}`, operations: [], causes };
    yield { subject, system, line: { ...line, before: limitText(limit, before), after: limitText(limit, after) } };
  }
  for (const { subject, system, kind, rule, direction, before = 'none', after = 'none', causes } of restrictions) {
    const line = { direction, what: `${kind} ${rule}`, operations: [], causes };
    // What a rule says is text of its author.
    yield {
      subject,
      system,
      line: { ...line, before: neutral(clip(before, textMax)), after: neutral(clip(after, textMax)) },
    };
  }
}

/** A policy that reaches somebody no longer, or newly. */
export interface CoverageGroup {
  readonly policy: Address;
  readonly direction: Direction;
  /** Each once, sorted. */
  readonly subjects: readonly Address[];
  readonly causes: readonly Cause[];
}

/** One entry a policy and direction: a policy that goes leaves many agents at once, for one reason. */
export function coverageGroups({ coverage }: AccessChanges): readonly CoverageGroup[] {
  const groups = new Map<string, { change: CoverageChange; subjects: Set<Address> }>();
  for (const change of coverage) {
    const key = `${change.direction}\n${change.policy}\n${causeKey(change.causes)}`;
    const group = groups.get(key) ?? { change, subjects: new Set() };
    groups.set(key, group);
    group.subjects.add(change.subject);
  }
  return Array.from(groups.values(), ({ change: { policy, direction, causes }, subjects }) => {
    return { policy, direction, causes, subjects: [...subjects].sort(compareText) };
  }).sort((one, other) => compareText(other.direction, one.direction) || compareText(one.policy, other.policy));
}

/** `no longer reaches Agent "support/writer" and 3 more`. */
export function coverageText({ policy, direction, subjects }: CoverageGroup): string {
  const verb = direction === 'widened' ? 'no longer reaches' : 'newly reaches';
  return `${named(policy)} ${verb} ${withMore(subjects.map(named), 0, 5)}`;
}
