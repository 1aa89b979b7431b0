import { sha256 } from '../manifest/digest.ts';
import { neutral } from '../manifest/neutral.ts';
import { compareText } from '../manifest/problem.ts';
import type { Address, Resource } from '../manifest/resource.ts';
import { riskNames } from '../manifest/risk-codes.ts';
import type { Rules } from '../manifest/rules.ts';
import type { Cause } from './access.ts';
import { atField } from './cause.ts';
import { type FoundItem, listed, type RiskItems, together } from './risk-items.ts';
import { approversOf } from './risk-owner.ts';
import type { Risk, RiskClass } from './risk.ts';
import type { Sides } from './sides.ts';

/** What one risk is found to consist of, before it has an id and somebody to acknowledge it. */
export interface FoundRisk {
  readonly class: Exclude<RiskClass, 'bootstrap'>;
  /** Set where it is merely shown, although others of its class gate. */
  readonly gate?: 'notice';
  /** Whom it is about. */
  readonly subject: Address | undefined;
  readonly title: string;
  readonly items: readonly FoundItem[] | RiskItems;
  readonly causes: readonly Cause[];
  /** Whose owners are asked, by their addresses; for classes that ask owners. */
  readonly owned: readonly Address[];
}

/** More risks of one class than a person reads are one risk of all. */
const perClassMax = 20;
const detailsMax = 50;
const causesMax = 20;

const notices: ReadonlySet<RiskClass> = new Set(['R8', 'R9', 'R11']);

/** The risks as a plan has them, in the order of their classes, then of their ids; whatever order they are found in. */
export function risksFrom(found: readonly FoundRisk[], sides: Sides, rules: Rules): readonly Risk[] {
  const joined = joinMany(found).map((one) => ({ one, content: contentOf(one) }));
  const ids = shortIds(joined.map(({ one, content }) => ({ class: one.class, content })));
  const risks = joined.map(({ one, content }): Risk => {
    const name = nameOf(one.class);
    return {
      id: ids.get(`${one.class} ${content}`) ?? `${one.class}-${content}`,
      class: one.class,
      name,
      content,
      gate: one.gate ?? (notices.has(one.class) ? 'notice' : 'ack'),
      subject: one.subject,
      title: neutral(one.title),
      details: detailsOf(one.items),
      causes: joinCauses(one.causes)
        .slice(0, causesMax)
        .map((cause) => atField(cause, sides)),
      approvers: approversOf({ class: one.class, name, owned: one.owned }, sides.before, rules),
    };
  });
  return risks.sort((a, b) => numberOf(a.class) - numberOf(b.class) || compareText(a.id, b.id));
}

function nameOf(kind: FoundRisk['class']): string {
  return riskNames[numberOf(kind) - 1] ?? kind;
}

function numberOf(kind: RiskClass): number {
  return Number(kind.slice(1));
}

function joinMany(found: readonly FoundRisk[]): readonly FoundRisk[] {
  // What gates is never hidden among what is merely shown.
  const classes = new Map<string, FoundRisk[]>();
  for (const one of found) {
    const key = `${one.class} ${one.gate ?? ''}`;
    const known = classes.get(key);
    if (known === undefined) classes.set(key, [one]);
    else known.push(one);
  }
  return [...classes.values()].flatMap((all) => (all.length > perClassMax ? [joined(all)] : all));
}

function joined(all: readonly FoundRisk[]): FoundRisk {
  const sorted = all.toSorted((a, b) => compareText(a.subject ?? a.title, b.subject ?? b.title));
  const [first] = sorted;
  if (first === undefined) throw new TypeError('there is nothing to join');
  return {
    class: first.class,
    ...(first.gate === undefined ? {} : { gate: first.gate }),
    subject: undefined,
    title: `${all.length} times ${nameOf(first.class)}, the first: ${first.title}`,
    items: together(sorted.map((one) => ({ about: one.subject ?? one.title, items: itemsOf(one.items) }))),
    causes: sorted.flatMap(({ causes }) => causes),
    owned: [...new Set(sorted.flatMap(({ owned }) => owned))],
  };
}

/** Digest over every item. */
function contentOf({ class: kind, subject, items }: FoundRisk): string {
  return sha256([kind, subject ?? '', ...itemsOf(items).keys()].join('\n'));
}

function detailsOf(items: FoundRisk['items']): readonly string[] {
  const { lines, count } = itemsOf(items).details(detailsMax);
  return count <= detailsMax ? lines : [...lines, `… and ${count - detailsMax} more`];
}

function itemsOf(items: FoundRisk['items']): RiskItems {
  return 'digest' in items ? items : listed(items);
}

/** One cause an address, with the fields of all; by place. */
function joinCauses(causes: readonly Cause[]): readonly Cause[] {
  const seen = new Set<Cause>();
  const byAddress = new Map<Address, { readonly cause: Cause; readonly fields: Set<string> }>();
  for (const cause of causes) {
    // Thousands of cells share one cause.
    if (seen.has(cause)) continue;
    seen.add(cause);
    const known = byAddress.get(cause.address);
    if (known === undefined) byAddress.set(cause.address, { cause, fields: new Set(cause.fields) });
    else for (const field of cause.fields) known.fields.add(field);
  }
  return [...byAddress.values()]
    .map(({ cause, fields }) => ({ ...cause, fields: [...fields].sort(compareText) }))
    .sort(
      (a, b) =>
        compareText(a.place.file, b.place.file) || a.place.line - b.place.line || compareText(a.address, b.address),
    );
}

const shortest = 4;

/** The first hex digits that no other content of the plan begins with too. */
function shortIds(all: readonly { readonly class: string; readonly content: string }[]): ReadonlyMap<string, string> {
  const contents = [...new Set(all.map(({ content }) => content))].sort(compareText);
  const ids = new Map<string, string>();
  for (const { class: kind, content } of all) {
    const at = contents.indexOf(content);
    const shared = [contents[at - 1], contents[at + 1]].map((other) => sharedLength(content, other));
    const length = Math.max(shortest, ...shared.map((one) => one + 1));
    ids.set(`${kind} ${content}`, `${kind}-${content.slice(0, length)}`);
  }
  return ids;
}

function sharedLength(one: string, other: string | undefined): number {
  if (other === undefined) return 0;
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  return length;
}

/** What stands for a resource's whole content; `undefined` where it is not there. */
export function digestAt(side: ReadonlyMap<Address, Resource>, address: Address): string | undefined {
  return side.get(address)?.digest;
}

/** A change as its own cause. */
export function causeAt(sides: Sides, address: Address, fields?: readonly string[]): Cause {
  const change = sides.changes.get(address);
  const place = change?.place ??
    sides.after.get(address)?.place ??
    sides.before.get(address)?.place ?? { file: '', line: 1, column: 1 };
  return { address, place, fields: fields ?? (change?.fields ?? []).map(({ path }) => path) };
}
