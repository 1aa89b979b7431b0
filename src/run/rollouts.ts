import { RetryableError, TerminalError } from '../errors.ts';
import type { Log } from '../log.ts';
import { following, type Move, nextMove } from '../policy/rollout.ts';
import type { Database } from '../store/database-port.ts';
import {
  changeRollout,
  listRollouts,
  type OpenState,
  readFigures,
  type RolloutChange,
  type RolloutRow,
  rolloutsToJudge,
} from '../store/rollout.ts';
import type { rolloutCodes } from './rollout-codes.ts';

const rolloutsMax = 1_000;
/** Of what happens by itself, for the record. */
const actor = 'rollout';

/** Moves rollouts on, and aborts those whose new side breaks what it must keep to. Any number may do so at once. */
export async function progressRollouts(database: Database, log: Log): Promise<void> {
  const { rollouts, now } = await rolloutsToJudge(database.db, rolloutsMax);
  for (const row of rollouts) {
    const move = await moveOf(database, row, now);
    const change = changeFor(row, move);
    if (change === undefined || !(await changeRollout(database, row, change))) continue;
    const { environment, system } = row;
    const { state, step, weight, reason } = change;
    if (state === 'aborted') log.warn({ environment, system, reason }, 'rollout aborted');
    else log.info({ environment, system, state, step, weight }, 'rollout moved on');
  }
}

/** Runs are read only where a step judges them. */
async function moveOf(database: Database, row: RolloutRow, now: Date): Promise<Move> {
  const { plan, state, step, stepSince } = row;
  const judges = plan.steps[step]?.analysis !== undefined;
  const none = { runs: 0, failed: 0 };
  const figures = judges ? await readFigures(database.db, row) : { from: none, to: none };
  return nextMove({ plan, state: openState(state), step, stepSince }, figures, now);
}

function openState(state: RolloutRow['state']): OpenState {
  return state === 'paused' || state === 'aborted' ? state : 'progressing';
}

function changeFor(row: RolloutRow, move: Move): RolloutChange | undefined {
  const { step, weight } = row;
  switch (move.kind) {
    case 'stay':
      return undefined;
    case 'abort':
      return { state: 'aborted', step, weight: 0, reason: move.reason, action: 'rollout.aborted', actor };
    case 'done':
      return { state: 'done', step, weight: 100, reason: '', action: 'rollout.done', actor };
    case 'step': {
      const next = row.plan.steps[move.step]?.weight ?? weight;
      return { state: 'progressing', step: move.step, weight: next, reason: '', action: 'rollout.stepped', actor };
    }
  }
}

export interface RolloutOrder {
  readonly environment: string;
  /** `name` or `namespace/name` of the AgentSystem. */
  readonly system: string;
  readonly action: 'promote' | 'pause' | 'resume' | 'abort';
  /** Of a promotion: to all runs at once, whatever steps are left. */
  readonly full?: boolean;
  readonly reason: string;
  readonly actor: string;
}

/** Does what a person asks of a rollout that is under way. */
export async function orderRollout(database: Database, order: RolloutOrder): Promise<string> {
  const row = await openRollout(database, order);
  const change = ordered(row, order);
  if (await changeRollout(database, row, change)) return row.system;
  throw new RetryableError(`The rollout of AgentSystem ${row.system} changed in the same moment.`, {
    code: 'rollout.changed' satisfies keyof typeof rolloutCodes,
    help: 'Look at `pawl rollout status`, and decide again.',
    exit: 6,
  });
}

async function openRollout(database: Database, { environment, system }: RolloutOrder): Promise<RolloutRow> {
  const open = (await listRollouts(database.db, environment)).filter(({ endedAt }) => endedAt === undefined);
  const found = open.filter((row) => row.system === system || row.system.endsWith(`/${system}`));
  const [row, ...others] = found;
  if (row !== undefined && others.length === 0) return row;
  if (row !== undefined) {
    const names = found.map((one) => one.system).join(', ');
    throw new TerminalError(`Several systems "${system}" have a rollout under way: ${names}.`, {
      code: 'rollout.ambiguous' satisfies keyof typeof rolloutCodes,
      help: 'Name it with its namespace.',
      exit: 64,
    });
  }
  const names = open.map((one) => one.system).join(', ');
  throw new TerminalError(`No rollout of AgentSystem ${system} is under way in the environment ${environment}.`, {
    code: 'rollout.none' satisfies keyof typeof rolloutCodes,
    help: names === '' ? 'Every new run sees the newest revision.' : `Under way: ${names}.`,
  });
}

function ordered(row: RolloutRow, { action, full = false, reason, actor: by }: RolloutOrder): RolloutChange {
  const { step, weight, plan } = row;
  const said = { step, weight, reason, actor: by };
  switch (action) {
    case 'pause':
      if (row.state !== 'progressing') throw wrongState(row, 'paused');
      return { ...said, state: 'paused', action: 'rollout.paused' };
    case 'resume':
      if (row.state !== 'paused') throw wrongState(row, 'resumed');
      return { ...said, state: 'progressing', action: 'rollout.resumed' };
    case 'abort':
      if (row.state === 'aborted') throw wrongState(row, 'aborted');
      return { ...said, state: 'aborted', weight: 0, action: 'rollout.aborted' };
    case 'promote': {
      if (row.state === 'aborted' && !full) throw wrongState(row, 'moved on step by step');
      const move = full ? ({ kind: 'done' } as const) : following(plan, step);
      const change = changeFor(row, move) ?? { ...said, state: 'done', action: '' };
      return { ...change, reason, actor: by, action: 'rollout.promoted' };
    }
  }
}

function wrongState({ system, state }: RolloutRow, what: string): TerminalError {
  return new TerminalError(`The rollout of AgentSystem ${system} is ${state}, and so cannot be ${what}.`, {
    code: 'rollout.state' satisfies keyof typeof rolloutCodes,
    help:
      state === 'aborted'
        ? 'Take the new revision back in Git, bring a newer one, or let all runs see it: `pawl rollout promote --full`.'
        : 'Look at `pawl rollout status`.',
    exit: 6,
  });
}
