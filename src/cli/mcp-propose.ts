import { exitCodes, type ExitCode, TerminalError } from '../errors.ts';
import { qualify } from '../manifest/reference.ts';
import { chooseEnvironment, type CliContext, json, withDoor } from './context.ts';
import type { McpOptions } from './mcp-servers.ts';
import { showProposed } from './proposal-done.ts';

export interface McpProposeOptions extends McpOptions {
  readonly pullRequest?: true;
  readonly dryRun?: true;
}

/** Has pull requests opened that pin what workers found: one for each server. Nothing is asked from here. */
export async function mcpProposeCommand(context: CliContext, options: McpProposeOptions): Promise<ExitCode> {
  if (options.pullRequest !== true) throw alone();
  const found = await withDoor(context, async ({ operations, ...door }) => {
    const environment = await chooseEnvironment({ operations, ...door }, options.env);
    const proposals = [];
    for (const name of options.servers) {
      const wish = { kind: 'pin', environment, server: qualify(name, 'default') } as const;
      proposals.push(await (options.dryRun === true ? operations.previewProposal(wish) : operations.propose(wish)));
    }
    return proposals;
  });
  if (options.output === 'json') json(context.terminal, { proposals: found });
  else for (const one of found) showProposed(context, one, options.output);
  return exitCodes.success;
}

function alone(): TerminalError {
  return new TerminalError('--dry-run is for --pull-request.', {
    code: 'cli.usage',
    help: 'Run `pawl mcp diff` to see what differs.',
    exit: exitCodes.usage,
  });
}
