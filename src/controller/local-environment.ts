import { apply } from '../apply/apply.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { Plan } from '../plan/change.ts';
import { settingsAt } from '../source/snapshot.ts';
import { workingCopyCommit } from '../source/working-copy.ts';
import { environmentAt } from './environments.ts';
import { type ControlPlane, planCommit } from './planning.ts';

interface Wanted {
  readonly environment: string | undefined;
  /** Absent: the files as they are. */
  readonly ref: string | undefined;
  readonly by: string;
}

/** What the revision of a local environment has in place of a commit: nobody could take it for one. */
const localCommit = 'local';

/**
 * Makes the files of a working copy, or of a commit, live in a database that is thrown away afterwards, and gives the
 * environment's name. Nobody needs to have agreed to anything: nothing outside can be reached but by the same gate, and nothing stays.
 */
export async function applyLocally(plane: ControlPlane, { environment, ref, by }: Wanted): Promise<string> {
  const commit = ref === undefined ? workingCopyCommit : await plane.repository.resolve(ref);
  const settings = await environmentAt(plane.repository, commit, environment ?? (await onlyOne(plane, commit)));
  const planned = await planCommit(plane, { settings, commit, workingCopy: plane.repository });
  const plan: Plan = { ...planned, target: { ...planned.target, commit: localCommit } };
  await apply(plane.database, plan, { by, returns: true });
  return settings.name;
}

async function onlyOne({ repository }: ControlPlane, commit: string): Promise<string> {
  const { settings } = await settingsAt(repository, commit);
  const [first, ...others] = settings?.environments ?? [];
  if (first !== undefined && others.length === 0) return first.name;
  const names = [first, ...others].flatMap((environment) => environment?.name ?? []).join(', ');
  throw new TerminalError(
    first === undefined ? 'pawl.yaml declares no environment.' : `pawl.yaml declares several environments: ${names}.`,
    {
      code: first === undefined ? 'environment.none' : 'cli.environment_ambiguous',
      help: first === undefined ? 'Add one under `environments`.' : 'Pass --env with one of them.',
      exit: first === undefined ? exitCodes.findings : exitCodes.usage,
    },
  );
}
