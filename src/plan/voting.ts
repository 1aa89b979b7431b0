import { shownText } from '../manifest/shown.ts';
import type { Rules } from '../manifest/rules.ts';
import type { Ask } from '../policy/approval.ts';
import type { Person } from '../policy/person.ts';
import { isWithin, reachOf } from '../policy/role.ts';
import { roleBindingsOf } from './role-bindings.ts';
import { approversText, personKey, standingOf } from './approvers.ts';

/** Somebody who may not release a call under four eyes, and why. */
export interface Involved {
  /** As `personKey` gives them. */
  readonly keys: readonly string[];
  /** `submitted the run`, `wrote Agent/ns/name at 1a2b3c4`. */
  readonly why: string;
}

export interface Electorate {
  readonly asks: readonly Ask[];
  /** The run's. */
  readonly namespace: string;
  readonly rules: Rules;
  readonly involved: readonly Involved[];
  /** Nobody but the person is set up: four eyes cannot hold where a rule names nobody else either. */
  readonly isAlone?: boolean;
}

/** The rules that a person's word counts for, or why it counts for none. */
export type Counted =
  | { readonly kind: 'counts'; readonly asks: readonly number[]; readonly alone?: true }
  | { readonly kind: 'refused'; readonly code: 'approval.four_eyes' | 'approval.not_approver'; readonly why: string };

/**
 * Whose approval counts for which rule: of its approvers, or, where it names nobody, of those with the role `approver`
 * in the run's namespace; and of none of those who are involved, unless the rule says `fourEyes: false`. Denying only
 * needs to be asked: it lets nothing through.
 */
export function countedFor(person: Person, as: 'approve' | 'deny', electorate: Electorate): Counted {
  const asked = electorate.asks.flatMap((ask, index) => (isAsked(person, ask, electorate) ? [{ ask, index }] : []));
  if (asked.length === 0) {
    const why = `${shownText(person.name)} is not asked: ${askedText(electorate)}.`;
    return { kind: 'refused', code: 'approval.not_approver', why };
  }
  const involvement = as === 'deny' ? undefined : involvementOf(person, electorate.involved);
  const counting = asked.filter(({ ask }) => involvement === undefined || !ask.fourEyes);
  if (counting.length > 0) return { kind: 'counts', asks: counting.map(({ index }) => index) };
  if (electorate.isAlone === true && electorate.asks.every((ask) => namesNobodyElse(person, ask)))
    return { kind: 'counts', asks: asked.map(({ index }) => index), alone: true };
  const why = `${shownText(person.name)} ${involvement?.why ?? 'is involved'}: somebody else has to approve.`;
  return { kind: 'refused', code: 'approval.four_eyes', why };
}

function isAsked(person: Person, { approvers }: Ask, { namespace, rules }: Electorate): boolean {
  if (approvers === undefined) return isWithin(reachOf(roleBindingsOf(person, rules), 'approve'), namespace);
  // A rule that names nobody is nobody's: no empty list and no damaged row lets everybody decide.
  if (approvers.groups.length + approvers.users.length === 0) return false;
  return standingOf(person, approvers, rules).may;
}

function namesNobodyElse({ name }: Person, { approvers }: Ask): boolean {
  if (approvers === undefined) return true;
  const { groups, users, min } = approvers;
  return groups.length === 0 && min === 1 && users.every((user) => personKey(user) === personKey(name));
}

function involvementOf(person: Person, involved: readonly Involved[]): Involved | undefined {
  const keys = keysOf(person);
  return involved.find((one) => one.keys.some((key) => keys.has(key)));
}

/** Every name by which a person may be known: a provider's token says more of them than one. */
function keysOf({ name, claims }: Person): ReadonlySet<string> {
  const said = ['email', 'preferred_username', 'login', 'name'].flatMap((claim) => claims?.values[claim] ?? []);
  const names = [name, ...said.filter((value): value is string => typeof value === 'string')];
  return new Set(names.flatMap(namesOf).map(personKey));
}

/** What a name says of who it is: `oidc:ada@example.com` is `ada@example.com`, and `ada`. */
export function namesOf(name: string): readonly string[] {
  const plain = name.replace(/^(?:oidc|token|github):/i, '');
  const at = plain.lastIndexOf('@');
  if (at < 1) return [name, plain].filter((one) => one !== '');
  // GitHub hides addresses behind `12345+login@users.noreply.github.com`.
  const local = plain.slice(0, at).replace(/^\d+\+/, '');
  return [name, plain, local].filter((one) => one !== '');
}

/** Who is asked, in words, each rule by itself. */
function askedText({ asks, namespace }: Pick<Electorate, 'asks' | 'namespace'>): string {
  return asks.map((ask) => `${shownText(ask.rule)} asks ${whoText(ask, namespace)}`).join('; ');
}

export function whoText({ approvers, fourEyes }: Ask, namespace: string): string {
  const who =
    approvers === undefined ? `whoever has the role approver in ${shownText(namespace)}` : approversText(approvers);
  return fourEyes ? `${who}, four eyes` : who;
}

interface Voted {
  readonly key: string;
  readonly as: 'approve' | 'deny';
  readonly asks: readonly number[];
}

/** What a request has come to: each rule that asks needs as many different people as it says. */
export function outcomeOf(asks: readonly Ask[], votes: readonly Voted[]): 'pending' | 'approved' | 'denied' {
  if (votes.some(({ as }) => as === 'deny')) return 'denied';
  const isSatisfied = asks.every((ask, index) => approvedBy(votes, index) >= (ask.approvers?.min ?? 1));
  // No rule is satisfied by nobody: a request without any is damaged.
  return isSatisfied && asks.length > 0 ? 'approved' : 'pending';
}

/** How many different people have approved what one rule asks. */
export function approvedBy(votes: readonly Voted[], index: number): number {
  return new Set(votes.flatMap(({ key, as, asks }) => (as === 'approve' && asks.includes(index) ? [key] : []))).size;
}
