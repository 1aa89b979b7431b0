import type { RolloutRecord, RolloutRequest, RolloutSide } from '../api/operations-rollout.ts';
import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import { chooseEnvironment, json, withDoor } from './context.ts';
import type { CliContext } from './context.ts';
import { hanging } from './wrap.ts';

interface Common {
  readonly env?: string;
  readonly output: string;
}

/** How far each system's rollout is. */
export async function rolloutStatusCommand(
  context: CliContext,
  options: Common & { readonly system: string | undefined },
): Promise<ExitCode> {
  const { terminal } = context;
  const { environment, all } = await withDoor(context, async (door) => {
    const chosen = await chooseEnvironment(door, options.env);
    return { environment: chosen, all: await door.operations.rollouts(chosen) };
  });
  const { system } = options;
  const rollouts = all.filter(
    (one) => system === undefined || one.system === system || one.system.endsWith(`/${system}`),
  );
  if (options.output === 'json') json(terminal, { environment, rollouts });
  else if (rollouts.length === 0) terminal.out('No rollouts: every new run sees the newest revision.');
  else for (const line of rollouts.flatMap(rolloutLines)) terminal.out(hanging(line, terminal.tableWidth));
  return exitCodes.success;
}

export interface RolloutOptions extends Common {
  readonly system: string;
  readonly action: RolloutRequest['action'];
  readonly full?: boolean;
  readonly reason: string;
}

/** Moves a rollout on, holds it or takes it back. */
export async function rolloutCommand(context: CliContext, options: RolloutOptions): Promise<ExitCode> {
  const { terminal } = context;
  const { system, action, full, reason } = options;
  const rollout = await withDoor(context, async (door) =>
    door.operations.orderRollout({
      environment: await chooseEnvironment(door, options.env),
      system,
      action,
      reason,
      ...(full === undefined ? {} : { full }),
    }),
  );
  if (options.output === 'json') json(terminal, { rollout });
  else for (const line of rolloutLines(rollout)) terminal.out(hanging(line, terminal.tableWidth));
  return exitCodes.success;
}

function rolloutLines(rollout: RolloutRecord): readonly string[] {
  const { system, strategy, state, step, steps, weight, reason, from, to, endedAt } = rollout;
  const name = strategy === 'canary' ? `canary, step ${step} of ${steps}` : 'blue-green';
  const where = `AgentSystem ${neutral(system)}: revision ${from.revision} to ${to.revision} (${name}), ${state}`;
  const why = reason === '' ? [] : [`  ${neutral(reason)}`];
  if (endedAt !== undefined) return [`${where} at ${endedAt}`, ...why];
  return [
    `${where} since ${rollout.stepSince}; ${weight} of 100 new runs see revision ${to.revision}`,
    ...why,
    `  revision ${from.revision}: ${figures(from)}`,
    `  revision ${to.revision}: ${figures(to)}`,
  ];
}

function figures({ runs = 0, failed = 0, latencyMs }: RolloutSide): string {
  if (runs === 0) return 'no run ended in this step';
  const latency = latencyMs === undefined ? '' : `; 95 of 100 took up to ${(latencyMs / 1_000).toFixed(1)} s`;
  return `${runs} ${runs === 1 ? 'run' : 'runs'} ended in this step, ${failed} failed${latency}`;
}
