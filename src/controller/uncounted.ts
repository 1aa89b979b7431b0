import type { EnvironmentSettings } from '../manifest/resource.ts';
import { firstParentLine } from '../source/first-parent-line.ts';
import type { Repository } from '../source/repository.ts';
import { signatureFaults } from '../source/signature.ts';
import { withOwnRules } from './environments.ts';
import { keyFilesAt } from './signing-keys.ts';

/** A commit whose signature does not count where signatures are required. */
export interface UncountedCommit {
  readonly commit: string;
  /** `is not signed`. */
  readonly why: string;
}

/** Beyond so many nobody looks: each costs processes, and the comment names one. */
const lineMax = 50;

/**
 * The first of the commits of a branch that could not go live as it is, by the signers of the branch that it is to be
 * merged into. Nothing is held by it: what counts in the end is how the branch is merged.
 */
export async function uncountedCommit(
  repository: Repository,
  { settings, base, head }: { readonly settings: EnvironmentSettings; readonly base: string; readonly head: string },
): Promise<UncountedCommit | undefined> {
  const signatures = (await withOwnRules(repository, settings, base)).rules?.environment?.signatures;
  if (signatures?.mode !== 'require') return undefined;
  const line = await firstParentLine(repository, { after: base, to: head, max: lineMax });
  if (line === undefined) return undefined;
  const { keys } = await keyFilesAt(repository, base, signatures);
  // The list ends at the first that does not count.
  const verdicts = await repository.verify(line, keys);
  const [commit, verdict] = [line[Math.max(0, verdicts.length - 1)], verdicts.at(-1)];
  return commit === undefined || verdict?.kind !== 'refused'
    ? undefined
    : { commit, why: signatureFaults[verdict.fault] };
}
