import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { renderDrift } from './render-drift.ts';
import { chooseEnvironment, json, withDoor } from './context.ts';
import { hasMoved, pinLines, probeLines } from './alerts.ts';
import { overrideLines } from './override.ts';
import { hanging } from './wrap.ts';
import type { CliContext } from './context.ts';

export interface DriftOptions {
  readonly env?: string;
  readonly output: string;
}

export async function driftCommand(context: CliContext, options: DriftOptions): Promise<ExitCode> {
  const { terminal } = context;
  return withDoor(context, async ({ operations, ...door }) => {
    const environment = await chooseEnvironment({ operations, ...door }, options.env);
    const drift = await operations.drift(environment);
    const overrides = await operations.overrides(environment);
    const probes = await operations.probes(environment);
    const pins = await operations.pins(environment);
    const [outside, moved] = [probeLines(probes), pinLines(environment, pins)];
    if (options.output === 'json') json(terminal, { environment, drift, expected: overrides, probes, pins });
    else {
      terminal.out(renderDrift(environment, drift, terminal.colors));
      if (overrides.length > 0) terminal.out('\nExpected drift, by overrides in force:');
      for (const line of overrides.flatMap((one) => overrideLines(one, new Date()))) terminal.out(`  ${line}`);
      if (moved.length > 0) terminal.out('\nPins, as workers found the servers:');
      for (const line of moved) terminal.out(hanging(line, terminal.tableWidth));
      if (outside.length > 0) terminal.out('\nOutside, as workers found it:');
      for (const line of outside) terminal.out(hanging(line, terminal.tableWidth));
    }
    const isFailing = probes.some(({ state }) => state === 'failing');
    const isSame = drift.length === 0 && !isFailing && !pins.some(hasMoved);
    return isSame ? exitCodes.success : exitCodes.differences;
  });
}
