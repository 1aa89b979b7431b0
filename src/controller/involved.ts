import { RetryableError } from '../errors.ts';
import { isJsonObject, type Json } from '../manifest/json.ts';
import type { Address } from '../manifest/resource.ts';
import { shownText } from '../manifest/shown.ts';
import { personKey } from '../plan/approvers.ts';
import { type Involved, namesOf } from '../plan/voting.ts';
import { type Stretch, stretchesOf } from '../store/state-at.ts';
import type { ControlPlane } from './planning.ts';

/** What was asked, as far as somebody may be involved in it. */
export interface Asked {
  readonly environment: string;
  readonly system: string;
  /** That the run is pinned to. */
  readonly revision: number;
  /** Who submitted the run. */
  readonly subject: string;
  readonly cause: Json;
  /** Who calls: `Agent/ns/name` or `AgentSystem/ns/name`. */
  readonly caller: string;
  /** `namespace/name`. */
  readonly tool: string;
  /** Rules that ask, by what they are called in the request. */
  readonly rules: readonly string[];
}

/**
 * Everybody who may not approve a call under four eyes: who submitted its run, or wrote what a machine started it by;
 * and who wrote the agent, the tool or a rule that asks, as the run's revision and the newest one have it. Who that was
 * is what their commits say. Where Git cannot be read nobody is known, and nobody may approve.
 */
export async function involvedIn(plane: ControlPlane, asked: Asked): Promise<readonly Involved[]> {
  const { subject } = asked;
  const submitter: Involved = { keys: namesOf(subject).map(personKey), why: 'submitted the run' };
  const written = await Promise.all(addressesOf(asked).map((address) => writersOf(plane, address, asked)));
  return [submitter, ...written.flat()];
}

function addressesOf({ system, caller, tool, rules, cause }: Asked): readonly Address[] {
  const started = isJsonObject(cause)
    ? (
        [
          ['schedule', 'TaskSchedule'],
          ['webhook', 'TaskWebhook'],
        ] as const
      ).flatMap(([field, kind]) => {
        const name = cause[field];
        return typeof name === 'string' ? [`${kind}/${name}`] : [];
      })
    : [];
  // `AgentPolicy/ns/name#condition` and `ToolPermission/ns/name (live)` are rules of those resources.
  const asking = rules.map((rule) => rule.split(/[# ]/, 1)[0] ?? '');
  return [...new Set([`AgentSystem/${system}`, caller, `Tool/${tool}`, ...asking, ...started])] as Address[];
}

const stretchesMax = 100;

async function writersOf(plane: ControlPlane, address: Address, { environment, revision }: Asked): Promise<Involved[]> {
  const stretches = await stretchesOf(
    plane.database.db,
    { environment, address, before: Number.MAX_SAFE_INTEGER },
    stretchesMax,
  );
  const [newest] = stretches;
  const pinned = stretches.find((one) => holds(one, revision));
  const commits = new Set([newest, pinned].flatMap((one) => (one === undefined ? [] : [one.commit])));
  const found = await Promise.all([...commits].map((commit) => writers(plane, address, commit)));
  return found.flat();
}

function holds({ from, to }: Stretch, revision: number): boolean {
  return from <= revision && (to === undefined || to > revision);
}

async function writers({ repository }: ControlPlane, address: Address, commit: string): Promise<Involved[]> {
  try {
    const authors = await repository.authors(commit);
    const why = `wrote ${shownText(address)} at ${commit.slice(0, 7)}`;
    return authors.map(({ name, email }) => ({
      keys: [...namesOf(name), ...namesOf(email)].map(personKey).filter((key) => key !== ''),
      why,
    }));
  } catch (cause) {
    const message = `Who wrote ${shownText(address)} cannot be read from commit ${commit.slice(0, 7)}, and four eyes need to know.`;
    const help = 'Make the commit readable in the repository, or have the rule say `fourEyes: false`.';
    throw new RetryableError(message, { code: 'approval.authors_unknown', help, cause });
  }
}
