import { drained, type NewWait, type RunEnd } from '../../src/run/executor.ts';
import type { MemoryHalts } from './memory-halts.ts';
import type { MemoryRun } from './memory-rows.ts';

/** What a run waits for, from `now` on; what people were asked stays as it was asked. */
export function noteWaits(run: MemoryRun, waits: readonly NewWait[], now: number): void {
  for (const wait of waits) {
    const { path, kind, delayMs, detail } = wait;
    const dueAt = delayMs === undefined ? undefined : now + delayMs;
    const known = run.waits.get(path);
    if (known === undefined)
      run.waits.set(path, { path, kind, dueAt, detail, createdAt: now, votes: [], resolved: false });
    else if (isRenewed(known.kind, wait)) Object.assign(known, { kind, dueAt, detail, resolved: false });
  }
}

function isRenewed(known: NewWait['kind'], { kind, detail }: Pick<NewWait, 'kind' | 'detail'>): boolean {
  if (known === 'timer') return kind !== 'timer' || detail !== undefined;
  return known === 'rate' || known === 'halt';
}

interface Closing {
  readonly now: number;
  readonly halts: Pick<MemoryHalts, 'isOlder'>;
}

/** How a run ends, waits or is handed back. */
export function closeRun(run: MemoryRun, end: RunEnd, closing: Closing): void {
  run.owner = undefined;
  switch (end.kind) {
    case 'succeeded':
      run.output = end.output;
      return endRun(run, 'Succeeded', undefined);
    case 'failed':
      return endRun(run, 'Failed', end.error);
    case 'cancelled':
      return endRun(run, 'Cancelled', end.error);
    case 'timedOut':
      return endRun(run, 'TimedOut', end.error);
    case 'released':
      run.state = 'Queued';
      return;
    case 'waiting':
      park(run, end.waits, closing);
  }
}

function park(run: MemoryRun, waits: readonly NewWait[], { now, halts }: Closing): void {
  noteWaits(run, waits, now);
  if (run.cancelRequested)
    return endRun(run, 'Cancelled', { code: 'run.cancelled', message: 'The run was cancelled.' });
  if (run.drainRequested) return endRun(run, 'Cancelled', drained);
  if (run.answered || halts.isOlder(waits)) {
    run.state = 'Queued';
    return;
  }
  const isAsking = waits.some(
    ({ kind }) => kind === 'human' || kind === 'review' || kind === 'halt' || kind === 'approval',
  );
  const delays = waits.flatMap(({ delayMs }) => (delayMs === undefined ? [] : [delayMs]));
  run.state = 'Waiting';
  run.askedAt = isAsking ? now : undefined;
  const dueAt = delays.length === 0 ? undefined : now + Math.min(...delays);
  run.runAt = dueAt === undefined || isAsking ? dueAt : Math.min(dueAt, run.deadlineAt);
}

export function endRun(run: MemoryRun, state: MemoryRun['state'], error: MemoryRun['error']): void {
  run.ends += 1;
  Object.assign(run, { state, error, runAt: undefined });
}
