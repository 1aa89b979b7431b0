import { own } from '../manifest/json.ts';
import { compareText } from '../manifest/problem.ts';
import type { Approvers, Group, Rules } from '../manifest/rules.ts';
import { shownText } from '../manifest/shown.ts';

/** Whether somebody's word counts, and if not, why. */
export type Standing = { readonly may: true } | { readonly may: false; readonly why: string };

/**
 * Whether one person is among the approvers, by what this door can prove of them: their name. Membership of a GitHub
 * team or a claim of an identity provider is proved by neither, so it is never taken for granted.
 */
export function standingOf(actor: string, approvers: Approvers, rules: Rules): Standing {
  const { groups, users } = approvers;
  if (groups.length === 0 && users.length === 0) return { may: true };
  const members = groups.map((name) => own(rules.groups, name));
  const named = [...users, ...members.flatMap((group) => group?.github?.users ?? [])];
  if (named.some((user) => isSame(user, actor))) return { may: true };
  const who = approversText({ groups, users, min: 1 });
  const unproved = members.some((group) => group !== undefined && isUnprovable(group));
  const hint = unproved
    ? ' Teams and claims cannot be proved on the command line: only `users` of a group count here.'
    : '';
  return { may: false, why: `${shownText(actor)} is not of ${who}.${hint}` };
}

/** Logins are compared as GitHub does, without regard to case; other names are compared as they are. */
export function isSame(one: string, other: string): boolean {
  return loginKey(one) === loginKey(other);
}

function loginKey(name: string): string {
  // Folding beyond ASCII would make one name of two: the Kelvin sign is a `k` then.
  return /^[\x21-\x7e]+$/.test(name) ? name.toLowerCase() : name;
}

/**
 * What counts as one person where several must agree. Coarser than who is admitted: names that only a machine tells
 * apart are one person's, since two who look alike and count once hold a plan back, and one who counts twice does not.
 */
export function personKey(name: string): string {
  return name
    .normalize('NFKC')
    .replaceAll(/[\p{Cc}\p{Cf}\p{Z}\p{M}]/gu, '')
    .toLowerCase();
}

/** `group security, 2 people`; `anybody` where nobody is named. */
export function approversText({ groups, users, min }: Approvers): string {
  const parts = [
    ...(groups.length === 0 ? [] : [`${groups.length === 1 ? 'group' : 'groups'} ${groups.map(shownText).join(', ')}`]),
    ...(users.length === 0 ? [] : [`${users.length === 1 ? 'user' : 'users'} ${users.map(shownText).join(', ')}`]),
  ];
  const who = parts.length === 0 ? 'anybody' : parts.join(' or ');
  return min > 1 ? `${who}, ${min} people` : who;
}

/**
 * The first of these groups that is defined, else any group that is: where somebody has said who decides, a name that
 * leads nowhere lets nobody else decide. Where no group is defined at all, anybody decides alone.
 */
export function firstDefined(wanted: readonly string[], rules: Rules): Approvers {
  const found = [...wanted, ...lastResorts].find((name) => own(rules.groups, name) !== undefined);
  const groups = found === undefined ? Object.keys(rules.groups).sort(compareText) : [found];
  return { groups, users: [], min: 1 };
}

const lastResorts = ['security', 'platform'];

/** Nobody is told apart: whoever applies also decides. */
export function isUngoverned(rules: Rules): boolean {
  return Object.keys(rules.groups).length === 0 && Object.keys(rules.approvals).length === 0;
}

function isUnprovable({ github, oidc }: Group): boolean {
  return (github?.teams?.length ?? 0) > 0 || (oidc?.length ?? 0) > 0;
}
