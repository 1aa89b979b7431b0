import { compareText } from '../manifest/problem.ts';
import type { Rules } from '../manifest/rules.ts';
import type { Person } from '../policy/person.ts';

import type { GitHub } from './github.ts';
import { isNotFound } from './not-found.ts';
import { isRefused } from './refused.ts';

/** Whoever wrote something, as GitHub's answers carry it; null where the account is gone. */
export type Writer = { readonly login: string; readonly type: string } | null | undefined;

/** What GitHub says now of somebody in the repository. */
export type Standing =
  | { readonly kind: 'person'; readonly person: Person; readonly teamsHidden: boolean }
  /** They may not command pawl; why is for the log. */
  | { readonly kind: 'nobody'; readonly why: string };

/**
 * Asks GitHub at this moment who somebody is here: their permission, and which of the rules' teams they are of. A bot,
 * an account that is gone and whoever may only read have no say: in a public repository everybody may read. The rules
 * are asked for only of those who have one.
 */
export async function standingOn(
  github: GitHub,
  writer: Writer,
  rules: () => Promise<readonly Rules[]>,
): Promise<Standing> {
  if (writer === null || writer === undefined) return { kind: 'nobody', why: 'the account is gone' };
  const { login, type } = writer;
  if (type !== 'User' || login === ghost || !isLogin(login)) return { kind: 'nobody', why: `${type} is no person` };
  if (!(await mayTriage(github, login))) return { kind: 'nobody', why: 'may not triage here' };
  const { teams, hidden } = await teamsOf(github, login, await rules());
  const person: Person = {
    name: `github:${login}`,
    proof: 'github',
    groups: [],
    github: { login, teams },
    roles: [],
  };
  return { kind: 'person', person, teamsHidden: hidden };
}

/** What GitHub shows in place of accounts that were deleted. */
const ghost = 'ghost';

function isLogin(login: string): boolean {
  return /^[A-Za-z0-9](-?[A-Za-z0-9]){0,38}(_[A-Za-z0-9]{1,8})?$/.test(login);
}

async function mayTriage({ octokit, repository }: GitHub, login: string): Promise<boolean> {
  try {
    const { data } = await octokit.rest.repos.getCollaboratorPermissionLevel({ ...repository, username: login });
    // The answer is of whoever has the login now; a name that was freed and taken again is another account.
    if (data.user !== null && data.user.login.toLowerCase() !== login.toLowerCase()) return false;
    return data.permission === 'admin' || data.permission === 'write' || data.user?.permissions?.triage === true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

const teamsMax = 50;

/** Of the teams that the rules name, those that the login is an active member of. */
async function teamsOf(
  { octokit }: GitHub,
  login: string,
  rules: readonly Rules[],
): Promise<{ readonly teams: readonly string[]; readonly hidden: boolean }> {
  const named = rules.flatMap(({ groups }) => Object.values(groups).flatMap(({ github }) => github?.teams ?? []));
  const wanted = [...new Set(named.map((team) => team.toLowerCase()))].sort(compareText).slice(0, teamsMax);
  const teams: string[] = [];
  let hidden = false;
  for (const team of wanted) {
    const [org = '', slug = ''] = team.split('/');
    try {
      const asked = { org, team_slug: slug, username: login };
      const { data } = await octokit.rest.teams.getMembershipForUserInOrg(asked);
      if (data.state === 'active') teams.push(team);
    } catch (error) {
      if (isRefused(error)) hidden = true;
      else if (!isNotFound(error)) throw error;
    }
  }
  return { teams, hidden };
}
