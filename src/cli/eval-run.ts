import { setTimeout as delay } from 'node:timers/promises';
import type { RunRecord } from '../api/operations.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { JsonObject } from '../manifest/json.ts';
import { qualify } from '../manifest/reference.ts';
import type { Eval } from '../manifest/types.gen.ts';
import { durationMs } from '../policy/duration-ms.ts';
import type { Door } from './app-port.ts';
import { judge, ranOf } from './eval-judge.ts';
import { type TriedCase, type TriedEval, type TriedRun, triedCase, triedEval } from './eval-result.ts';
import { waitsForPerson } from './follow.ts';

export interface NamedEval {
  readonly namespace: string;
  /** `namespace/name`. */
  readonly path: string;
  readonly spec: Eval['spec'];
}

export interface Trying {
  readonly door: Door;
  readonly environment: string;
  /** Runs under way at once, where others than this process work on them. */
  readonly parallel: number;
  readonly signal: AbortSignal;
  readonly told: (one: NamedEval, tried: TriedCase) => void;
}

/** Runs every case of an eval as often as it says, and holds what came against what was expected. */
export async function tryEval(one: NamedEval, trying: Trying): Promise<TriedEval> {
  const { spec, path: name, namespace } = one;
  const system = qualify(spec.systemRef, namespace);
  const cases = new Map<number, TriedCase>();
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < spec.cases.length; index = next++) {
      const tried = await tryCase(one, { index, system, trying });
      cases.set(index, tried);
      trying.told(one, tried);
    }
  };
  // Where this process is the only worker, cases come one after the other: each run then has a worker of its own.
  const lanes = trying.door.workUntil === undefined ? Math.min(trying.parallel, spec.cases.length) : 1;
  await Promise.all(Array.from({ length: lanes }, work));
  const inOrder = spec.cases.flatMap((_case, index) => cases.get(index) ?? []);
  return triedEval({ name, system, threshold: spec.threshold }, inOrder);
}

interface One {
  readonly index: number;
  readonly system: string;
  readonly trying: Trying;
}

async function tryCase(one: NamedEval, { index, system, trying }: One): Promise<TriedCase> {
  const written = one.spec.cases[index];
  if (written === undefined) throw new TypeError('an eval has no such case');
  const runs: TriedRun[] = [];
  for (let turn = 1; turn <= one.spec.repeat; turn += 1) {
    const { door, environment } = trying;
    const { timeout } = one.spec;
    const submitted = await door.operations.submit({
      environment,
      system,
      // Validation holds it against the system's schema, and submission does again.
      input: written.input as JsonObject,
      evaluates: { eval: one.path, case: written.name, turn },
      ...(timeout === undefined ? {} : { deadlineMs: durationMs(timeout) }),
    });
    const ended = await untilEnd(submitted, trying);
    runs.push(await judged(ended, { one, index, trying }));
  }
  return triedCase(written.name, runs);
}

async function judged(
  run: RunRecord,
  { one, index, trying }: { readonly one: NamedEval; readonly index: number; readonly trying: Trying },
): Promise<TriedRun> {
  const { operations } = trying.door;
  const trace = await operations.trace(run.id);
  const ran = ranOf(trace);
  const figures = { run: run.id, durationMs: ran.durationMs, tokens: ran.tokens, cost: ran.cost };
  const waiting = waitsForPerson(run) ? run.waits.find(({ kind }) => kind !== 'timer' && kind !== 'rate') : undefined;
  if (waiting !== undefined) {
    await operations.cancel(run.id);
    const finding = { field: 'waits', expected: 'an end', came: `${waiting.path} (${waiting.kind})` } as const;
    return { ...figures, state: 'Waiting', passed: false, untried: false, findings: [finding] };
  }
  const { timeout } = one.spec;
  if (run.state === 'TimedOut' && timeout !== undefined && lastedMs(run) >= durationMs(timeout)) {
    const finding = { field: 'timeout', expected: timeout, came: `${lastedMs(run)}ms` } as const;
    return { ...figures, state: run.state, passed: false, untried: false, findings: [finding] };
  }
  const untried = run.state === 'Cancelled' || run.state === 'DeadLetter';
  const findings = judge(one.spec.cases[index]?.expect ?? { phase: 'Succeeded' }, ran, one.namespace);
  return { ...figures, state: run.state, passed: !untried && findings.length === 0, untried, findings };
}

/** From its submission, as deadlines count. */
function lastedMs({ createdAt, endedAt }: RunRecord): number {
  return Date.parse(endedAt ?? createdAt) - Date.parse(createdAt);
}

const pollMs = 100;

/** Works on the run where only this process can, else waits. What is not over when the time is, is cancelled. */
async function untilEnd(submitted: RunRecord, { door, signal }: Trying): Promise<RunRecord> {
  const { id } = submitted;
  const working = door.workUntil?.(id, signal);
  try {
    for (;;) {
      const run = await door.operations.run(id);
      if (run.endedAt !== undefined || waitsForPerson(run)) return run;
      if (signal.aborted) throw await givenUp(door, id);
      await delay(pollMs, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await working;
  }
}

async function givenUp(door: Door, id: string): Promise<TerminalError> {
  await door.operations.cancel(id).catch(() => undefined);
  return new TerminalError(`Run ${id} had not ended when the time was over, and is cancelled.`, {
    code: 'eval.timeout',
    help: 'Give --wait more time, and look whether a worker is live: pawl get workers',
    exit: exitCodes.timeout,
  });
}
