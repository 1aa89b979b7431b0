import { neutral } from '../../manifest/neutral.ts';
import type { Cause, Direction } from '../access.ts';
import type { Plan } from '../change.ts';
import { type AccessGroup, accessGroups, causeKey, coverageGroups, coverageText } from './access-groups.ts';
import type { Page } from './page.ts';
import { directions } from './tally.ts';
import { because, moreOf } from './text-decisions.ts';
import { amount, counted, listed, named, withMore } from './words.ts';

const groupsMax = 10;
const linesMax = 8;
const judgedMax = 20;

/** What agents may do that they could not, and the other way round; agents that gain most first. */
export function access(out: Page, { access: changes }: Plan): void {
  const { widened, narrowed } = directions(changes);
  if (widened + narrowed === 0) return;
  out.line(0, `Access: ${amount(widened)} widened (+), ${amount(narrowed)} narrowed (-).`, { paint: out.colors.bold });
  out.blank();
  const groups = accessGroups(changes);
  for (const group of groups.slice(0, groupsMax)) accessGroup(out, group);
  moreOf(out, { indent: 2, hidden: groups.length - groupsMax, word: 'agent' });
  if (groups.length > groupsMax) out.blank();
  const covered = coverageGroups(changes);
  for (const group of covered.slice(0, groupsMax)) {
    out.line(2, coverageText(group), styleOf(out, group.direction));
    because(out, 6, group.causes);
  }
  moreOf(out, { indent: 2, hidden: covered.length - groupsMax, word: 'policy' });
  if (covered.length > 0) out.blank();
  for (const { direction, aspect, message, place, field, covers } of changes.judged.slice(0, judgedMax)) {
    out.line(2, `${neutral(aspect)}: ${neutral(message)}`, styleOf(out, direction));
    out.line(6, `because of ${neutral(place.file)}:${place.line} (${neutral(field)})`);
    if (covers.length > 0)
      out.line(6, `bears on ${withMore([...new Set(covers.map(({ subject }) => named(subject)))])}`);
  }
  moreOf(out, { indent: 2, hidden: changes.judged.length - judgedMax, word: 'judgement' });
  if (changes.judged.length > 0) out.blank();
  if (changes.unresolved !== undefined && changes.unresolved > 0) {
    const count = counted(changes.unresolved, 'search');
    out.line(2, `(${count} for the smallest cause gave up: more changes are named than are needed)`, { mark: '#' });
    out.blank();
  }
}

function accessGroup(out: Page, { subject, system, lines }: AccessGroup): void {
  out.line(2, `${named(subject)} in ${neutral(system)}`);
  let said: readonly Cause[] = [];
  const shown = lines.slice(0, linesMax);
  for (const [index, { direction, what, before, after, operations, causes }] of shown.entries()) {
    const which = operations.length === 0 ? '' : ` ${listed(operations, 5)}`;
    out.line(4, `${neutral(what)}${which}: ${before} -> ${after}`, styleOf(out, direction));
    said = causes;
    const next = shown[index + 1];
    // Lines that the same changes bring about are followed by them once.
    if (next === undefined || causeKey(next.causes) !== causeKey(said)) because(out, 8, said);
  }
  moreOf(out, { indent: 4, hidden: lines.length - linesMax, word: 'line' });
  out.blank();
}

function styleOf(out: Page, direction: Direction): { readonly mark: string; readonly paint: (text: string) => string } {
  return direction === 'widened' ? { mark: '+', paint: out.colors.red } : { mark: '-', paint: out.colors.green };
}
