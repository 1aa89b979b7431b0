import { isSame, personKey, type Voter } from './approvers.ts';
import { namesOf } from './voting.ts';

/** Somebody who brought what is to be acknowledged, and so may not. */
export interface Excluded {
  /** As the forge has authenticated it, or the name of whoever asked pawl, by whatever door they came. */
  readonly login: string;
  /** `opened acme/agents#12` */
  readonly why: string;
  /** From then on; absent: always. */
  readonly since?: Date | undefined;
}

/**
 * Why somebody's word at a moment counts for nothing; undefined: it may count. A login of GitHub is compared with
 * logins; any other name by all that it may stand for, since somebody who comes by another door is the same person.
 */
export function exclusionOf(voter: Voter, at: Date, excluded: readonly Excluded[]): Excluded | undefined {
  const keys = voter.github === undefined ? keysOf(voter.name) : undefined;
  return excluded.find(({ login, since }) => {
    if (since !== undefined && at < since) return false;
    const { github } = voter;
    return namesOf(login).some((name) =>
      github === undefined ? keys?.has(personKey(name)) : isSame(github.login, name),
    );
  });
}

function keysOf(name: string): ReadonlySet<string> {
  return new Set(namesOf(name).map(personKey));
}
