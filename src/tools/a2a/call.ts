import type { Message, SendMessageRequest, Task } from '@a2a-js/sdk';
import type { Json, JsonObject } from '../../manifest/json.ts';
import { sha256 } from '../../manifest/digest.ts';
import type { ToolCallOptions } from '../options.ts';
import type { ToolOutcome } from '../tool.ts';
import { isTask, outputOf } from './answer.ts';
import { endpointOf } from './endpoint.ts';
import { exchangeFault, faultOr, isOpen, rpcError, type Telling, unreadable } from './failure.ts';
import { type ExternalTool, Line } from './line.ts';
import { connect, type Interface, type Remote } from './protocol.ts';
import type { BegunTask } from './remote-task.ts';
import { type Following, followTask, unknownOf } from './task.ts';

/**
 * Hands one piece of work to an agent elsewhere, by the A2A protocol: a message, and what becomes of the task that it
 * begins. An earlier owner of the run may have sent it: then the task is asked for, and nothing is sent.
 */
export async function callA2a(tool: ExternalTool, args: JsonObject, options: ToolCallOptions): Promise<ToolOutcome> {
  const line = new Line(tool, options);
  const telling: Telling = { line, scrub: options.secrets.scrubText };
  const known = options.task?.known;
  if (known !== undefined) return takeUp(known, { tool, options, telling });
  const found = await endpointOf(tool, telling, options.signal);
  if ('kind' in found) return found;
  return send({ tool, options, telling, found }, args);
}

/** Asks for a task that was begun before. Whatever keeps it from being found there, the work may be going on. */
async function takeUp(known: BegunTask, asking: Omit<Calling, 'found'>): Promise<ToolOutcome> {
  const { tool, telling, options } = asking;
  const found = await faultOr(() => endpointOf(tool, telling, options.signal));
  if ('code' in found) return unknownOf(found, known.id);
  const spoken = found.find(({ version }) => version === known.version);
  return followTask(following({ ...asking, found }, spoken), known.id);
}

interface Calling {
  readonly tool: ExternalTool;
  readonly options: ToolCallOptions;
  readonly telling: Telling;
  readonly found: readonly Interface[];
}

function following({ options, telling, found }: Calling, spoken = found[0]): Following {
  const { line } = telling;
  const { endpoint, version } = spoken ?? nowhere();
  const open = (signal: AbortSignal, deadlineMs: () => number): Promise<Remote> =>
    connect(line, { endpoint, version, signal, deadlineMs });
  return { telling, signal: options.signal, open, leaves: options.task?.leaves ?? (() => false) };
}

/** Versions of the protocol are tried in turn: an agent that does not know one has done nothing yet. */
async function send(calling: Calling, args: JsonObject): Promise<ToolOutcome> {
  const { options, telling, found, tool } = calling;
  const { line } = telling;
  const request = requestOf(tool, args, options);
  for (const [index, spoken] of found.entries()) {
    const remote = await connect(line, { ...spoken, signal: options.signal, deadlineMs: () => line.leftMs() });
    let answer: Message | Task;
    try {
      answer = await remote.sendMessage(request);
    } catch (cause) {
      if (index + 1 < found.length && isOtherVersion(rpcError(cause)?.code)) continue;
      const fault = exchangeFault(cause, telling);
      return isOpen(line, cause) ? { kind: 'unknown', code: fault.code, message: fault.message } : fault;
    }
    return taken(answer, { following: following(calling, spoken), version: spoken.version, options });
  }
  return nowhere();
}

interface Taken {
  readonly following: Following;
  readonly version: Interface['version'];
  readonly options: ToolCallOptions;
}

async function taken(answer: Message | Task, { following, version, options }: Taken): Promise<ToolOutcome> {
  const { line } = following.telling;
  if (!isTask(answer)) {
    if (answer.parts.length === 0) return unreadable(`The agent at ${line.host} answered with an empty message.`);
    return { kind: 'done', output: outputOf(answer) };
  }
  if (!isTaskId(answer.id)) return unreadable(`The agent at ${line.host} began a task without a usable id.`);
  await options.task?.begun({ id: answer.id, version });
  return followTask(following, answer.id, answer);
}

/** An id is kept in the journal: a server that makes a book of it is not answering. */
function isTaskId(id: unknown): id is string {
  return typeof id === 'string' && id.length > 0 && id.length <= 256;
}

/** Invalid request, unknown method, version not supported: said before anything is done. */
function isOtherVersion(code: number | undefined): boolean {
  return code === -32_600 || code === -32_601 || code === -32_009;
}

function requestOf({ impl }: ExternalTool, args: JsonObject, { idempotencyKey, task }: ToolCallOptions) {
  const messageId = uuidOf(task?.message ?? idempotencyKey);
  const part = partOf(args['task'] ?? args);
  const message: Message = {
    messageId,
    // An agent that remembers the step is told which one it is; the others begin anew.
    contextId: impl.remembers === true && task !== undefined ? uuidOf(task.context) : '',
    taskId: '',
    role: 1,
    parts: [part],
    metadata: undefined,
    extensions: [],
    referenceTaskIds: [],
  };
  const configuration = {
    acceptedOutputModes: ['text/plain', 'application/json'],
    taskPushNotificationConfig: undefined,
    historyLength: 0,
    // The task is asked for: a connection that is held open for minutes is one that breaks.
    returnImmediately: true,
  };
  return { tenant: '', message, configuration, metadata: undefined } satisfies SendMessageRequest;
}

function partOf(work: Json): Message['parts'][number] {
  const about = { metadata: undefined, filename: '' };
  return typeof work === 'string'
    ? { ...about, content: { $case: 'text', value: work }, mediaType: 'text/plain' }
    : { ...about, content: { $case: 'data', value: work }, mediaType: 'application/json' };
}

/** Names in the form that servers expect, the same for the same text. */
function uuidOf(text: string): string {
  const hex = sha256(text);
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return parts.join('-');
}

function nowhere(): never {
  throw new TypeError('an agent elsewhere has an address');
}
