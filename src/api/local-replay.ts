import type { ControlPlane } from '../controller/planning.ts';
import { replayTarget } from '../controller/replay-target.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { Repository } from '../source/repository.ts';
import { readSteps } from '../store/claim.ts';
import { readPinned } from '../store/pinned.ts';
import { readRun } from '../store/run.ts';
import { comparesVectors } from '../store/vector.ts';
import type { ReplayOperations, ReplayRequest, ReplaySource } from './operations-replay.ts';

export function replayOperations(plane: ControlPlane, workingCopy: Repository | undefined): ReplayOperations {
  return { replaySource: (request) => replaySource(plane, request, workingCopy) };
}

async function replaySource(
  plane: ControlPlane,
  { run: id, at }: ReplayRequest,
  workingCopy: Repository | undefined,
): Promise<ReplaySource> {
  const { database } = plane;
  const run = await readRun(database, id);
  if (run.ended_at === null) {
    throw new TerminalError(`Run ${id} goes on (${run.state}), and its record with it.`, {
      code: 'replay.unfinished',
      help: `Wait for its end with \`pawl trace ${id} -f\`, or cancel it.`,
      exit: exitCodes.conflict,
    });
  }
  const { environment, system, input, bundle } = run;
  const target = await replayTarget(plane, { environment, system, at }, workingCopy);
  const [steps, pinned] = [await readSteps(database, [id]), await readPinned(database, bundle)];
  const embeds = Object.values(target.content.memories ?? {}).some(({ longTerm }) => longTerm?.embedding !== undefined);
  return {
    input,
    rows: steps.get(id) ?? [],
    content: pinned.content,
    comparesVectors: embeds && (await comparesVectors(database)),
    target,
  };
}
