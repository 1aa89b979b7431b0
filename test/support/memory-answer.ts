import type { Json } from '../../src/manifest/json.ts';
import { endedStates, type MemoryResolution, type MemoryRun, type MemoryStep, resolutionOf } from './memory-rows.ts';

// What people say to a run in memory: the statements of src/store/answer.ts and src/store/wait.ts.

export interface MemoryAnswer {
  readonly as: 'filled' | 'approve' | 'deny' | 'changes';
  readonly by: string;
  /** Of `filled`: the form. */
  readonly output?: Json;
  /** Of `deny` and `changes`. */
  readonly text?: string;
}

/** Takes one answer to a question; undefined: it is not open, its time is over, or the person has answered it. */
export function answerRun(
  run: MemoryRun,
  path: string,
  { answer, nowMs }: { readonly answer: MemoryAnswer; readonly nowMs: number },
): 'decided' | 'open' | undefined {
  const wait = run.waits.get(path);
  if (endedStates.has(run.state) || wait === undefined || wait.resolved) return undefined;
  if (wait.kind !== 'human' && wait.kind !== 'review') return undefined;
  if ((wait.dueAt !== undefined && wait.dueAt <= nowMs) || wait.votes.some(({ by }) => by === answer.by))
    return undefined;
  wait.votes.push(answer);
  const min = Number(wait.detail?.['min'] ?? 1);
  if (answer.as === 'approve' && wait.votes.filter(({ as }) => as === 'approve').length < min) return 'open';
  wait.resolved = true;
  run.steps.push(rowOf(run, path, { answer, nowMs }));
  run.answered = true;
  if (run.state === 'Waiting') {
    run.deadlineAt += nowMs - (run.askedAt ?? nowMs);
    Object.assign(run, { state: 'Queued', runAt: undefined, askedAt: undefined });
  }
  return 'decided';
}

/** Closes a call whose outcome nobody knows, and makes the run ready when no other is unknown. */
export function resolveCall(
  run: MemoryRun,
  path: string,
  { as, nowMs }: { readonly as: MemoryResolution; readonly nowMs: number },
): void {
  const wait = run.waits.get(path);
  if (run.state !== 'Waiting' || wait?.kind !== 'unknown' || wait.resolved) throw new Error(`${path} waits for nobody`);
  wait.resolved = true;
  const intent = run.steps.find((row) => row.path === path && row.phase === 'intent');
  if (intent === undefined) throw new Error(`${path} has no intent`);
  run.steps.push(resolutionOf(intent, { as, fence: run.fence, atMs: nowMs }));
  if ([...run.waits.values()].some((other) => other.kind === 'unknown' && !other.resolved)) return;
  Object.assign(run, { state: 'Queued', askedAt: undefined });
  run.deadlineAt += nowMs - wait.createdAt;
}

function rowOf(
  run: MemoryRun,
  path: string,
  { answer, nowMs }: { readonly answer: MemoryAnswer; readonly nowMs: number },
): MemoryStep {
  const { as, by, output, text } = answer;
  const said = as === 'filled' ? (output ?? null) : { verdict: as === 'approve' ? 'approved' : 'changes', text };
  const denied = { outcome: 'failed', body: undefined, error: { code: 'review.denied', message: `${by}: ${text}` } };
  const taken = { outcome: 'done', body: JSON.stringify(said), error: undefined };
  const none = { argsDigest: undefined, decision: undefined, tokensReserved: undefined, cost: undefined };
  return {
    path,
    phase: 'result',
    node: path.slice(0, path.lastIndexOf('/')),
    kind: 'human',
    target: by,
    fence: run.fence,
    atMs: nowMs,
    revision: undefined,
    args: undefined,
    tokensIn: undefined,
    tokensOut: undefined,
    ...none,
    ...((as === 'deny' ? denied : taken) as Pick<MemoryStep, 'outcome' | 'body' | 'error'>),
  };
}
