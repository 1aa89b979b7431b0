import { withCleanDirectory } from './clean-directory.ts';
import type { Surroundings } from './reader.ts';
import type { SignatureVerdict, SigningKeys } from './signature.ts';
import { missingVerifiers, Verifier } from './verifier.ts';

export interface VerifySource {
  readonly objects: string;
  readonly surroundings: Surroundings;
  readonly timeoutMs: number;
  /** A commit's own text. */
  readonly textOf: (commit: string) => Promise<string>;
}

/** Verifies commits in their order, up to the first whose signature does not count. */
export async function verifyCommits(
  source: VerifySource,
  commits: readonly string[],
  keys: SigningKeys,
): Promise<readonly SignatureVerdict[]> {
  const { objects, surroundings, timeoutMs, textOf } = source;
  const [missing] = await missingVerifiers(keys, surroundings);
  if (missing !== undefined) return [{ kind: 'refused', fault: 'verifier-missing', detail: missing }];
  return withCleanDirectory(async (gitDirectory) => {
    const verifier = await Verifier.open({ gitDirectory, objects, surroundings, timeoutMs }, keys);
    const verdicts: SignatureVerdict[] = [];
    for (const commit of commits) {
      const verdict = await verifier.verdict(commit, await textOf(commit));
      verdicts.push(verdict);
      if (verdict.kind === 'refused') break;
    }
    return verdicts;
  });
}
