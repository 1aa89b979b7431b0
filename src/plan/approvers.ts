import { isJsonList, isJsonObject, type Json, type JsonObject, own } from '../manifest/json.ts';
import { compareText } from '../manifest/problem.ts';
import type { Approvers, Group, Rules } from '../manifest/rules.ts';
import { shownText } from '../manifest/shown.ts';
import type { Membership } from '../policy/person.ts';

/** Whether somebody's word counts, and if not, why. */
export type Standing = { readonly may: true } | { readonly may: false; readonly why: string };

/** A person, by what rules on people look at. */
export interface Voter extends Membership {
  readonly name: string;
}

/**
 * Whether one person is among the approvers: by their name, by a group that their token carries, by a claim of their
 * identity provider, or by what GitHub said of the login that it has authenticated.
 */
export function standingOf(voter: Voter, approvers: Approvers, rules: Rules): Standing {
  const { groups, users } = approvers;
  if (groups.length === 0 && users.length === 0) return { may: true };
  if (users.some((user) => isSame(user, voter.github?.login ?? voter.name))) return { may: true };
  if (groups.some((name) => isMember(voter, name, rules))) return { may: true };
  const who = approversText({ groups, users, min: 1 });
  return { may: false, why: `${shownText(voter.name)} is not of ${who}.${hintFor(voter, groups, rules)}` };
}

/** Whether a group that the rules define has them. */
export function isMember(voter: Voter, name: string, rules: Rules): boolean {
  const group = own(rules.groups, name);
  if (group === undefined) return false;
  if (voter.groups.includes(name)) return true;
  const login = loginOf(voter);
  if (login !== undefined && group.github?.users?.some((user) => isSame(user, login)) === true) return true;
  if (group.github?.teams?.some((team) => isOfTeam(voter, team)) === true) return true;
  return (group.oidc ?? []).some((claim) => isClaimed(voter, claim));
}

/**
 * The login that counts for `github.users`. Only GitHub proves one; whoever holds the database itself could write the
 * record anyhow, so that their word is taken. A token's name is what its maker chose, and a provider's is its own.
 */
function loginOf({ name, github, proof = 'local' }: Voter): string | undefined {
  if (github !== undefined) return github.login;
  return proof === 'local' ? name : undefined;
}

function isOfTeam({ github }: Voter, team: string): boolean {
  return github?.teams.some((one) => isSame(one, team)) === true;
}

type Claim = NonNullable<Group['oidc']>[number];

/** A claim that names no issuer is of the one that the server is set up with, and no other is let in. */
function isClaimed({ claims }: Membership, { issuer, claim, value }: Claim): boolean {
  if (claims === undefined || (issuer !== undefined && issuer !== claims.issuer)) return false;
  const found = claimAt(claims.values, claim);
  return isJsonList(found) ? found.includes(value) : found === value;
}

/** A claim of exactly that name, as names that are URLs have dots; else dots lead into claims that are maps. */
function claimAt(values: JsonObject, claim: string): Json | undefined {
  const direct = own(values, claim);
  if (direct !== undefined) return direct;
  return claim
    .split('.')
    .reduce<Json | undefined>((at, name) => (isJsonObject(at) ? own(at, name) : undefined), values);
}

/** What has to be kept of a membership so that it can be judged again: the claims that the rules name, and no other. */
export function keptMembership({ groups, claims, github, proof }: Membership, rules: Rules): Membership {
  const door = { ...(proof === undefined ? {} : { proof }), ...(github === undefined ? {} : { github }) };
  if (claims === undefined) return { groups, ...door };
  const proved = Object.values(rules.groups).flatMap(({ oidc = [] }) =>
    oidc.filter((claim) => isClaimed({ groups, claims }, claim)),
  );
  const values: Record<string, Json[]> = {};
  for (const { claim, value } of proved) values[claim] = [...new Set([...(own(values, claim) ?? []), value])];
  return { groups, ...door, claims: { issuer: claims.issuer, values } };
}

function hintFor({ claims, github, proof = 'local' }: Voter, names: readonly string[], rules: Rules): string {
  if (github !== undefined) return '';
  const groups = names.flatMap((name) => own(rules.groups, name) ?? []);
  const hasTeams = groups.some((group) => (group.github?.teams?.length ?? 0) > 0);
  const hasUsers = groups.some((group) => (group.github?.users?.length ?? 0) > 0);
  if (proof === 'token' && (hasTeams || hasUsers)) {
    return ' The name of a token proves no login of GitHub: give the token the group, or answer on the pull request.';
  }
  if (claims !== undefined) return hasTeams ? ' Teams of GitHub cannot be proved here.' : '';
  if (!hasTeams && groups.every(({ oidc }) => (oidc?.length ?? 0) === 0)) return '';
  return ' Teams and claims cannot be proved on the command line: only `users` of a group count here.';
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

/** The same of a voter, whatever door they came by: `github:ada` and `ada` of the command line count once. */
export function voterKey({ name, github }: Pick<Voter, 'name' | 'github'>): string {
  return personKey(github?.login ?? name.replace(/^(?:oidc|token|github):/i, ''));
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
