import { gitHubOf, nameOf } from './app-github.ts';
import type { Config, RepositoryChoice } from './config.ts';
import type { Forge } from './controller/forge.ts';
import { forgeOf } from './github/branch-protection.ts';
import { fullName } from './github/repository-name.ts';

/** What the control loop may ask of the place that the repository is kept at; undefined: pawl speaks with none. */
export function openForge({ github }: Config, repository: RepositoryChoice): Forge | undefined {
  // Opened at the first question: most commits raise none, and then nothing has to be configured.
  if (github === undefined) return undefined;
  const forge = forgeOf(() => gitHubOf(github, repository));
  return {
    isHeard: github.webhookSecret !== undefined,
    name: () => fullName(nameOf(github, repository)),
    branchProtection: (branch) => forge.branchProtection(branch),
  };
}
