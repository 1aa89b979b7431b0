import { exitCodes, TerminalError } from '../errors.ts';
import type { Bundle } from '../manifest/bundle.ts';
import { shownText } from '../manifest/shown.ts';
import { refusesPlan } from '../manifest/problem.ts';
import type { Address } from '../manifest/resource.ts';
import type { Authority } from '../policy/authority.ts';
import { compileBundle } from '../policy/compile.ts';
import type { Repository } from '../source/repository.ts';
import { snapshot } from '../source/snapshot.ts';
import { workingCopyCommit } from '../source/working-copy.ts';
import { bundleAt, currentBundle, readBundle } from '../store/bundle.ts';
import { environmentAt, readEnvironment } from './environments.ts';
import type { ControlPlane } from './planning.ts';

export interface ReplayTarget {
  /** In words: `live`, `revision 41`, `the working copy`, a commit. */
  readonly what: string;
  readonly content: Bundle;
  readonly authority: Authority;
}

interface Wanted {
  readonly environment: string;
  /** `namespace/name` of the AgentSystem. */
  readonly system: string;
  /** `live`, `working-copy`, a revision such as `41` or `r41`, or what Git resolves. */
  readonly at: string;
}

/** What a system is under another snapshot, applied or not. */
export async function replayTarget(
  plane: ControlPlane,
  wanted: Wanted,
  workingCopy: Repository | undefined,
): Promise<ReplayTarget> {
  const { at } = wanted;
  if (at === 'live') return liveTarget(plane, wanted);
  const revision = /^r?(\d{1,9})$/.exec(at)?.[1];
  if (revision !== undefined) return revisionTarget(plane, wanted, Number(revision));
  if (at !== workingCopyCommit) return commitTarget(plane, wanted);
  if (workingCopy === undefined) throw missing('There is no working copy: the repository is a remote one.');
  return filesTarget(plane, wanted, { files: workingCopy, commit: workingCopyCommit, what: 'the working copy' });
}

async function liveTarget({ database }: ControlPlane, { environment, system }: Wanted): Promise<ReplayTarget> {
  const digest = await currentBundle(database.db, environment, system);
  const bundle = digest === undefined ? undefined : await readBundle(database.db, digest);
  if (bundle === undefined) throw missing(`Live has no AgentSystem ${shownText(system)}.`);
  return { what: 'live', content: bundle.content, authority: bundle.authority };
}

async function revisionTarget(plane: ControlPlane, { environment, system }: Wanted, revision: number) {
  const bundle = await bundleAt(plane.database.db, { environment, revision }, system);
  if (bundle === undefined) throw missing(`Revision ${revision} has no AgentSystem ${shownText(system)}.`);
  return { what: `revision ${revision}`, content: bundle.content, authority: bundle.authority };
}

async function commitTarget(plane: ControlPlane, wanted: Wanted): Promise<ReplayTarget> {
  await plane.repository.fetch();
  const commit = await plane.repository.resolve(wanted.at);
  return filesTarget(plane, wanted, { files: plane.repository, commit, what: `commit ${commit.slice(0, 7)}` });
}

async function filesTarget(
  plane: ControlPlane,
  { environment, system }: Wanted,
  { files, commit, what }: { readonly files: Repository; readonly commit: string; readonly what: string },
): Promise<ReplayTarget> {
  const settings =
    commit === workingCopyCommit
      ? await environmentAt(files, commit, environment)
      : await readEnvironment(plane.repository, environment);
  const taken = await snapshot(files, { commit, environment: settings }, { cache: plane.snapshots });
  const wrong = taken.problems.find(refusesPlan);
  if (wrong !== undefined) {
    throw new TerminalError(`Nothing runs under ${what}: ${wrong.file}:${wrong.line}: ${wrong.message}`, {
      code: 'plan.invalid',
      help: 'Correct what `pawl validate` reports.',
      exit: exitCodes.findings,
    });
  }
  const address: Address = `AgentSystem/${system}`;
  const resource = taken.resources.get(address);
  if (resource === undefined) throw missing(`No AgentSystem ${shownText(system)} is in ${what}.`);
  const { content, authority } = compileBundle(resource, taken.resources);
  return { what, content, authority };
}

function missing(message: string): TerminalError {
  return new TerminalError(message, {
    code: 'run.system_unknown',
    help: 'Name a commit, a revision, `live` or `working-copy` that has the system.',
  });
}
