import { sha256 } from '../manifest/digest.ts';
import type { Embed } from '../memory/embedding.ts';
import type { ToolCallOptions } from '../tools/options.ts';
import { toolDeadlineMs, type ToolStepCall, toolOf, useTimeoutMs, writtenDigest } from './ask.ts';
import type { Attempt } from './attempt.ts';
import { firstAttemptAt } from './caller.ts';
import type { Flight } from './flights.ts';
import { type AskModel, embedTexts } from './embedding.ts';
import { mcpAccess } from './mcp-access.ts';
import { memoryAccess } from './memory-access.ts';
import type { Outside, PlayedTool } from './outside.ts';
import { remoteTask } from './remote-task.ts';
import { egressListsFor } from './scope.ts';
import { Sending } from './sending.ts';

/**
 * What one call of a tool may use, each made when it is asked for: most tools ask for a part of it, and pawl's own for
 * nearly nothing.
 */
export class ToolUse implements ToolCallOptions, PlayedTool {
  readonly #attempt: Attempt<ToolStepCall>;
  readonly #flight: Flight;
  readonly #ask: AskModel;
  readonly world: Outside;
  readonly sending: Sending;
  #task: ToolCallOptions['task'];

  constructor(attempt: Attempt<ToolStepCall>, flight: Flight, { world, ask }: Doors) {
    this.#attempt = attempt;
    this.#flight = flight;
    this.#ask = ask;
    this.world = world;
    this.sending = new Sending(attempt.scope);
  }

  get signal(): AbortSignal {
    return this.#flight.signal;
  }

  get mayStart(): () => boolean {
    return this.sending.mayStart;
  }

  /** The same for every attempt at one call: a tool that honours it has one effect. */
  get idempotencyKey(): string {
    const { call, scope } = this.#attempt;
    return sha256(`${scope.run.id}|${firstAttemptAt(call).path}`);
  }

  get secrets(): ToolCallOptions['secrets'] {
    return this.#attempt.scope.secrets;
  }

  get embed(): Embed {
    const { call, scope } = this.#attempt;
    return (use, texts) => embedTexts(call, { texts, use, ask: this.#ask, deadlineMs: toolDeadlineMs(call, scope) });
  }

  get memory(): ToolCallOptions['memory'] {
    const { call, scope } = this.#attempt;
    return memoryAccess(call, scope, { reach: this, embed: this.embed });
  }

  get mcp(): ToolCallOptions['mcp'] {
    return mcpAccess(this.#attempt.scope);
  }

  get path(): string {
    return this.#attempt.call.path;
  }

  get digest(): string {
    return writtenDigest(this.#attempt.call);
  }

  get isolation(): ToolCallOptions['isolation'] {
    return this.#attempt.scope.isolation;
  }

  /** The lists of hosts of both revisions: each that reaches the caller must have where the tool connects to. */
  get egress(): ToolCallOptions['egress'] {
    return egressListsFor(this.#attempt.scope, this.#attempt.subject);
  }

  get task(): ToolCallOptions['task'] {
    const { call, scope } = this.#attempt;
    if (toolOf(call.caller, call.name, scope)?.tool.impl.type !== 'a2a') return undefined;
    return (this.#task ??= remoteTask(this.#attempt));
  }

  get timeoutMs(): ToolCallOptions['timeoutMs'] {
    return useTimeoutMs(this.#attempt.call, this.#attempt.scope);
  }
}

/** What a tool's call reaches besides itself. */
interface Doors {
  readonly world: Outside;
  readonly ask: AskModel;
}
