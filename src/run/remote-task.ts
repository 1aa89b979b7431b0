import { sha256 } from '../manifest/digest.ts';
import type { BegunTask, RemoteTask } from '../tools/a2a/remote-task.ts';
import type { ToolStepCall } from './ask.ts';
import type { Attempt } from './attempt.ts';
import { firstAttemptAt } from './caller.ts';
import { isForLater } from './failure.ts';
import { Halted, haltReasonOf } from './halt.ts';
import type { RunJournal } from './journal.ts';

// The id of a task that an agent elsewhere began is a fact, `path/task`: it is durable before the task is waited for, so
// that whoever takes the run up asks for the task, and sends nothing again.

/** The task that an attempt began; undefined: none that anybody wrote down. */
export function begunTask(journal: RunJournal, path: string): BegunTask | undefined {
  const body = journal.recorded(taskPath(path))?.result?.body;
  // The journal's own text.
  return body === undefined ? undefined : (JSON.parse(body) as BegunTask);
}

/** What a call of an agent elsewhere keeps of its task. */
export function remoteTask({ call, path, scope }: Attempt<ToolStepCall>): RemoteTask {
  const { journal, run } = scope;
  return {
    message: `${run.id}|${path}`,
    context: sha256(`${run.id}|${firstAttemptAt(call).node}|${call.name}`),
    known: begunTask(journal, path) ?? resolvedTask(journal, path),
    begun: async (task) => {
      const row = { phase: 'result', path: taskPath(path), node: call.node, kind: 'node', target: call.name } as const;
      await journal.settle({ ...row, outcome: 'done', body: JSON.stringify(task) }).catch((cause: unknown) => {
        // It is no failure of the agent, which works on: the run is handed back with the call open.
        throw isForLater(cause) ? new Halted('stopped') : cause;
      });
    },
    leaves: () => {
      const halt = haltReasonOf(scope.signal);
      return halt === 'stopped' || halt === 'lost';
    },
  };
}

/** Where a person wants a call again whose end nobody saw, the task that it began is asked for first. */
function resolvedTask(journal: RunJournal, path: string): BegunTask | undefined {
  const [, first = '', number] = /^(.*)~(\d+)$/.exec(path) ?? [];
  if (number === undefined) return undefined;
  const before = number === '2' ? first : `${first}~${Number(number) - 1}`;
  const { result } = journal.recorded(before) ?? {};
  return result?.error?.code === 'call.resolved' ? begunTask(journal, before) : undefined;
}

function taskPath(path: string): string {
  return `${path}/task`;
}
