import type { Command } from 'commander';
import type { ExitCode } from '../errors.ts';
import type { CliContext } from './context.ts';
import { environment, output } from './option.ts';

/** `pawl mcp …`: what MCP servers offer, against what people have looked at. */
export function addMcpCommands(program: Command, context: CliContext, outcome: { exit: ExitCode }): void {
  const mcp = program.command('mcp').description('look at the tools of MCP servers, and pin what was looked at');
  mcp
    .command('pin')
    .description('ask servers of the working copy for their tools, and write pawl.lock.yaml for a review')
    .argument('<server...>', '`name` or `namespace/name` of an McpServer')
    .option('--pull-request', 'have pawl open a pull request with what workers found, or bring the open one up to date')
    .option('--dry-run', 'with --pull-request: open nothing; show the text of it')
    .addOption(environment())
    .addOption(output('text', 'json'))
    .action(async (servers: readonly string[], options) => {
      const words = { ...options, servers };
      if (options.pullRequest === true || options.dryRun === true)
        outcome.exit = await (await import('./mcp-propose.ts')).mcpProposeCommand(context, words);
      else outcome.exit = await (await import('./mcp.ts')).mcpPinCommand(context, words);
    });
  mcp
    .command('diff')
    .description('ask servers for their tools, and show what differs from pawl.lock.yaml; exit code 2 if anything does')
    .argument('<server...>', '`name` or `namespace/name` of an McpServer')
    .addOption(environment())
    .addOption(output('text', 'json'))
    .action(async (servers: readonly string[], options) => {
      outcome.exit = await (await import('./mcp.ts')).mcpDiffCommand(context, { ...options, servers });
    });
}
