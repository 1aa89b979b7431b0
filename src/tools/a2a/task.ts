import type { Task } from '@a2a-js/sdk';
import type { ToolOutcome } from '../tool.ts';
import { outputOf, wordsOf } from './answer.ts';
import { exchangeFault, type Fault, failed, faultOr, rpcError, type Telling, unreadable } from './failure.ts';
import type { Remote } from './protocol.ts';

export interface Following {
  readonly telling: Telling;
  /** Aborts when the call is given up. */
  readonly signal: AbortSignal;
  readonly open: (signal: AbortSignal, deadlineMs: () => number) => Promise<Remote>;
  readonly leaves: () => boolean;
}

const pauseMsFirst = 250;
const pauseMsMax = 5_000;
/** So many questions in a row that nobody answers: the agent is gone, and what became of the task is unknown. */
const unansweredMax = 8;
/** Within what a cancelled call may take until it is over. */
const cancelMs = 1_500;
const wordsMax = 300;

/** States of a task, as the protocol numbers them. */
const states = { submitted: 1, working: 2, completed: 3, failed: 4, canceled: 5, input: 6, rejected: 7, auth: 8 };

/**
 * Asks for a task until it is over. When there is no more time, or the call is given up, it is cancelled there; where
 * another worker takes the call up, it goes on. `begun`: how it stood when it began.
 */
export async function followTask(following: Following, id: string, begun?: Task): Promise<ToolOutcome> {
  const { telling, signal, open } = following;
  const { line } = telling;
  const remote = await open(signal, () => line.leftMs());
  let task = begun;
  let unanswered = 0;
  for (let pauseMs = task === undefined ? 0 : pauseMsFirst; ; pauseMs = nextPause(pauseMs)) {
    const ended = task === undefined ? undefined : await endOf(task, following, id);
    if (ended !== undefined) return ended;
    await paused(Math.min(pauseMs, line.leftMs()), signal);
    if (signal.aborted || line.leftMs() === 0) return giveUp(following, id);
    try {
      task = await remote.getTask(id);
      unanswered = 0;
    } catch (cause) {
      if (signal.aborted || line.leftMs() === 0) return giveUp(following, id);
      // A token that cannot be had ends no task: the agent goes on.
      const fault = await faultOr(() => exchangeFault(cause, telling));
      if (rpcError(cause)?.code === taskNotFound)
        return unknownOf(
          { code: 'agent.remote_refused', message: `The agent at ${line.host} no longer knows the task.` },
          id,
        );
      unanswered += 1;
      if (!passing.has(fault.code) || unanswered === unansweredMax) return unknownOf(fault, id);
    }
  }
}

/** Errors of one question that the next may not meet. */
const passing: ReadonlySet<string> = new Set([
  'tool.network',
  'tool.timeout',
  'tool.unavailable',
  'tool.rate_limited',
  'auth.token_unavailable',
  'secret.unavailable',
]);

const taskNotFound = -32_001;

function nextPause(pauseMs: number): number {
  return Math.min(Math.max(pauseMs * 1.5, pauseMsFirst), pauseMsMax);
}

/** The pause, or less of it where the call is given up. */
function paused(ms: number, signal: AbortSignal): Promise<void> {
  if (ms === 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}

/** What a task that is over came to; undefined: it is not. */
async function endOf(task: Task, following: Following, id: string): Promise<ToolOutcome | undefined> {
  const { telling } = following;
  const { host } = telling.line;
  if (task.id !== id)
    return unknownOf(unreadable(`The agent at ${host} answered with another task than it was asked for.`), id);
  const words = telling.scrub(wordsOf(task)).slice(0, wordsMax);
  const said = words === '' ? '.' : `: ${words}`;
  switch (task.status?.state) {
    case states.submitted:
    case states.working:
      return undefined;
    case states.completed:
      return { kind: 'done', output: outputOf(task) };
    case states.failed:
      return failed('agent.remote_failed', `The agent at ${host} failed${said}`);
    case states.rejected:
      return failed('agent.remote_refused', `The agent at ${host} did not take the work${said}`);
    case states.canceled:
      return failed('agent.remote_failed', `The agent at ${host} gave the work up${said}`);
    case states.input:
      await cancel(following, id);
      return failed(
        'agent.remote_input',
        `The agent at ${host} asks for more than it was told, and was stopped${said}`,
      );
    case states.auth:
      await cancel(following, id);
      return failed('agent.remote_input', `The agent at ${host} asks to be let in elsewhere, and was stopped${said}`);
    default:
      return unknownOf(
        unreadable(`The agent at ${host} says of its task a state that the A2A protocol does not have.`),
        id,
      );
  }
}

/** Stops the task there, unless somebody else goes on with it. One that may go on may have any effect. */
async function giveUp(following: Following, id: string): Promise<ToolOutcome> {
  const { signal, telling, leaves } = following;
  const isAborted = signal.aborted;
  const fault = isAborted
    ? { code: 'tool.aborted', message: 'The call was given up by its worker.' }
    : { code: 'tool.timeout', message: `The agent at ${telling.line.host} was not done in time.` };
  if (isAborted && leaves()) return unknownOf(fault, id);
  const left = await cancel(following, id);
  const state = left?.id === id ? left.status?.state : undefined;
  // It was done while it was asked to stop.
  if (left !== undefined && state === states.completed) return { kind: 'done', output: outputOf(left) };
  if (state === undefined || !stopped.has(state))
    return unknownOf({ ...fault, message: `${fault.message} It could not be stopped.` }, id);
  return { kind: 'failed', code: fault.code, message: `${fault.message} It was stopped.`, retryable: false };
}

/** Asks that the task be stopped. How it stands then; undefined: nobody knows. */
async function cancel({ open }: Following, id: string): Promise<Task | undefined> {
  try {
    const remote = await open(AbortSignal.timeout(cancelMs), () => cancelMs);
    return await remote.cancelTask(id);
  } catch {
    // Whatever it is that the agent answers, nobody knows that it stopped.
    return undefined;
  }
}

const stopped: ReadonlySet<number> = new Set([states.failed, states.canceled, states.rejected]);

export function unknownOf({ code, message }: Fault, id: string): Extract<ToolOutcome, { kind: 'unknown' }> {
  return { kind: 'unknown', code, message: `${message} Its task is ${shown(id)}.` };
}

/** An id is the other side's text. */
function shown(id: string): string {
  return /^[\w.:-]{1,100}$/.test(id) ? id : 'one whose id cannot be shown';
}
