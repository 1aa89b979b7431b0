import { secretsOf } from './app-secrets.ts';
import type { Config } from './config.ts';
import { TerminalError } from './errors.ts';
import { createLog, subsystemLog } from './log.ts';
import type { ServerAlone } from './policy/server-alone.ts';
import { provedTiers } from './tools/isolation/proved-tiers.ts';
import type { Listing } from './tools/mcp/listing.ts';
import { bundleSecrets } from './tools/secrets.ts';

/** Asks a server of the working copy for its tools, as a worker here would: under the egress guard, or in the sandbox. */
export async function listServer(
  config: Config,
  { name, server, secrets, egress: within }: ServerAlone,
  signal: AbortSignal,
): Promise<Listing> {
  const { listTools } = await import('./tools/mcp-list.ts');
  const log = subsystemLog(createLog(config.logLevel === 'info' ? 'error' : config.logLevel), 'mcp');
  const values = bundleSecrets(secrets, secretsOf(config));
  await values.load();
  try {
    const egress = within.length === 0 ? undefined : within;
    const isolation = provedTiers(config.programs);
    return await listTools(name, server, { log, isolation, secrets: values, signal, egress });
  } catch (cause) {
    const message = values.scrubText(cause instanceof Error ? cause.message : String(cause));
    const code =
      cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : 'tool.failed';
    throw new TerminalError(message, {
      code,
      help: `McpServer/${name} gave no list of its tools. Look at it and at its manifest, and ask again.`,
    });
  }
}
