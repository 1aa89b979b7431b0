import type { JsonObject } from '../../json.ts';
import type { ForeignNode } from '../foreign.ts';
import { durationText, goDurationMs } from '../go-duration.ts';

const attemptsMax = 20;
/** Orloj pauses not at all where nothing is said; a pause of pawl has a length. */
const pauseMin = '1ms';
const pauseMax = '24h';

/** How a run of the task is tried again; undefined where it is not. */
export function taskRetry(task: ForeignNode): JsonObject | undefined {
  const retry = task.get('retry');
  const attempts = attemptsOf(retry.get('max_attempts'));
  const pause = pauseOf(retry.get('backoff')) ?? pauseMin;
  if (attempts < 2) return undefined;
  return { maxAttempts: attempts, backoff: { initial: pause, max: pause, multiplier: 1, jitter: 'none' } };
}

/**
 * How each step of a system is tried again: what its tasks say of single messages, of several tasks the one with the
 * fewest attempts. Undefined where none says anything of messages, or one has no second attempt.
 */
export function nodeRetry(tasks: readonly ForeignNode[]): JsonObject | undefined {
  const said = tasks.filter((task) => task.get('message_retry').exists);
  const attempts = tasks.map(messageAttempts);
  const fewest = Math.min(...attempts);
  const isShared = said.length > 0 && fewest > 1;
  const [least] = said.filter((task) => messageAttempts(task) === fewest);
  for (const task of said) sayRetry(task, { isShared, isLeast: task === (least ?? said[0]) });
  const [task = least] = least === undefined ? said : [least];
  return isShared && task !== undefined ? retryOf(task, fewest) : undefined;
}

/** Where nothing is said of messages, what is said of the whole task counts for them. */
function messageAttempts(task: ForeignNode): number {
  const own = task.at('message_retry', 'max_attempts');
  return attemptsOf(own.exists ? own : task.at('retry', 'max_attempts'));
}

function sayRetry(task: ForeignNode, { isShared, isLeast }: { isShared: boolean; isLeast: boolean }): void {
  const message = !isShared
    ? 'Steps are not tried again by themselves: a task of the system has no second attempt.'
    : isLeast
      ? 'The steps of the system are tried again so (`retry` of its nodes), whichever task starts it.'
      : 'Another task of the system says something else of its steps, which have one `retry`: the one with the fewest attempts.';
  task.get('message_retry').flag('import.retry', message);
}

function retryOf(task: ForeignNode, attempts: number): JsonObject {
  const retry = task.get('message_retry');
  const initial = pauseOf(retry.get('backoff')) ?? pauseOf(task.at('retry', 'backoff')) ?? pauseMin;
  const max = pauseOf(retry.get('max_backoff')) ?? pauseMax;
  const jitter = retry.get('jitter').text() ?? 'full';
  const isOver = (goDurationMs(initial) ?? 0) > (goDurationMs(max) ?? 0);
  return { maxAttempts: attempts, backoff: { initial: isOver ? max : initial, max, jitter } };
}

function attemptsOf(node: ForeignNode): number {
  const written = node.number() ?? 1;
  const isSaid = node.document.notes.some(
    ({ code, path }) => code === 'import.stricter' && String(path) === String(node.path),
  );
  if (written > attemptsMax && !isSaid) node.flag('import.stricter', `pawl makes at most ${attemptsMax} attempts.`);
  return Math.min(written, attemptsMax);
}

/** A pause as pawl writes it; undefined where there is none. */
function pauseOf(node: ForeignNode): string | undefined {
  const written = node.text()?.trim() ?? '';
  if (written === '') return undefined;
  const ms = goDurationMs(written);
  if (ms === undefined) node.refuse({ code: 'import.schema', message: 'This is no duration as Go writes it.' });
  if (ms === undefined || ms === 0) return undefined;
  return durationText(Math.min(ms, 7 * 24 * 3_600_000));
}
