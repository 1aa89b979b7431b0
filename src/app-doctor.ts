import { providerFault } from './api/oidc.ts';
import { gitHubOf } from './app-github.ts';
import type { Check } from './cli/app-port.ts';
import { checkGitHub } from './cli/check-github.ts';
import { checkIdentity } from './cli/check-identity.ts';
import { checkTiers } from './cli/check-tiers.ts';
import { type Openers, runChecks } from './cli/checks.ts';
import type { Config } from './config.ts';
import { inspectGitHub } from './github/inspect.ts';
import { prove } from './tools/isolation/proved-tiers.ts';
import { countTokens } from './store/api-token.ts';

/** All that `pawl doctor` looks at: the parts, and who may come in by the door. The database is opened once. */
export async function examine(config: Config, openers: Openers): Promise<readonly Check[]> {
  let tokens: number | undefined;
  const database: Openers['database'] = async () => {
    const opened = await openers.database();
    // Without the schema there is no such table, which the check of the schema says.
    tokens = await countTokens(opened.db).catch(() => undefined);
    return opened;
  };
  const checks = await runChecks(config, { ...openers, database });
  const { oidc } = config.api;
  const provider = oidc && { issuer: oidc.issuer, fault: await providerFault(oidc.issuer) };
  return [
    ...checks,
    ...(await gitHubChecks(config)),
    ...checkTiers(await prove(config.programs)),
    ...checkIdentity(config.api, { tokens, ...(provider === undefined ? {} : { provider }) }),
  ];
}

async function gitHubChecks({ github: settings, repositories }: Config): Promise<readonly Check[]> {
  if (settings === undefined) return [];
  const hasWebhookSecret = settings.webhookSecret !== undefined;
  const checks: Check[] = [];
  for (const repository of repositories) {
    const found = await inspectGitHub(gitHubOf(settings, repository));
    checks.push(...checkGitHub({ ...found, hasWebhookSecret }));
  }
  return checks;
}
