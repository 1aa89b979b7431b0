import { TerminalError } from '../errors.ts';
import type { BundleModel, BundleTool } from '../manifest/bundle.ts';
import type { BundleGuard } from '../manifest/bundle-guard.ts';
import { isJsonObject, type Json } from '../manifest/json.ts';
import { isMemoryTool, textsToEmbed } from '../memory/embedded-texts.ts';
import type { EmbeddedBy, EmbeddingAnswer } from '../memory/embedding.ts';
import { embeddingPath, isEmbedding, toolOfEmbedding } from '../policy/embedding-path.ts';
import { vectorsFromJson } from './embedding.ts';
import { type GuardOutcome, type GuardRequest, nothingFound } from '../guards/guard.ts';
import type { EmbeddingRequest, EmbeddingResponse } from '../models/embedding.ts';
import type { ModelRequest, ModelResponse } from '../models/model.ts';
import type { ToolOutcome } from '../tools/tool.ts';
import type { RecordedRow } from './journal-entry.ts';
import { Halted } from './halt.ts';
import type { Outside } from './outside.ts';

/** A call that the record has no answer to. */
export interface Divergence {
  readonly path: string;
  readonly kind: 'tool' | 'model';
  /** `new`: the recorded run made no such call, or did not come to make it. `arguments`: it made it with others. */
  readonly why: 'new' | 'arguments' | 'unknown';
  readonly then: 'stopped' | 'asked';
}

export interface RecordedWorldOptions {
  readonly rows: readonly RecordedRow[];
  /** What a call without a recorded answer does: it ends the replay, or it is made. */
  readonly onDiverge: 'stop' | 'ask';
  /** Whether models are asked anew, or answer from the record as tools do. */
  readonly models: 'ask' | 'recorded';
  /** What embeds the entries of a memory in the replay's bundle; undefined: nothing does, and it goes by words. */
  readonly embeddedBy: (memory: string) => EmbeddedBy | undefined;
}

type GuardOptions = Parameters<NonNullable<Outside['guard']>>[2];

type Options<Kind extends 'tool' | 'model'> = Parameters<Outside[Kind]>[2];

/** Answers the calls of a replay from the journal of the run that is replayed, where path and arguments agree. */
export class RecordedWorld implements Outside {
  readonly #options: RecordedWorldOptions;
  readonly #calls: ReadonlyMap<string, Recorded>;
  /** Paths of the tools' calls that the record answers, and that have texts embedded. */
  readonly #answered = new Set<string>();
  readonly diverged: Divergence[] = [];

  constructor(options: RecordedWorldOptions) {
    this.#options = options;
    this.#calls = recordedCalls(options.rows);
  }

  async tool(tool: BundleTool, args: Json, options: Options<'tool'>): Promise<ToolOutcome> {
    const recorded = this.#lookUp('tool', options.path, options.digest);
    if (recorded === undefined) return options.world.tool(tool, args, options);
    const embedded = await this.#embedAgain(tool, { args, recorded }, options);
    if (embedded?.kind === 'failed') return embedded;
    const isLetThrough = embedded !== undefined && recorded.error?.code === notEmbedded;
    if (!isLetThrough) return toolOutcome(recorded);
    // What was not embedded then was neither kept nor looked for: the record has no answer of the memory's.
    this.#diverge({ path: options.path, kind: 'tool', why: 'new' });
    return options.world.tool(tool, args, options);
  }

  /** Asks the gate for the embeddings that the call is made with here; undefined: it is made with none. */
  async #embedAgain(
    tool: BundleTool,
    { args, recorded }: { readonly args: Json; readonly recorded: RecordedRow },
    options: Options<'tool'>,
  ): Promise<EmbeddingAnswer | undefined> {
    const by = isMemoryTool(tool) ? this.#options.embeddedBy(tool.impl.memory) : undefined;
    if (by === undefined || !isMemoryTool(tool) || !isJsonObject(args)) return undefined;
    // What failed before anything was embedded, as a value that is too long, fails before it here.
    const { outcome, error } = recorded;
    const isEarlier = outcome === 'failed' && error?.code !== notEmbedded;
    if (isEarlier && !this.#calls.has(embeddingPath(options.path, 1))) return undefined;
    const { texts, textsAre } = textsToEmbed(tool, args);
    this.#answered.add(options.path);
    return options.embed({ ...by, textsAre }, texts);
  }

  /** What people answered to a call holds where the replay asks them the same. */
  person({ path, digest }: Parameters<NonNullable<Outside['person']>>[0]): ToolOutcome | undefined {
    const recorded = this.#lookUp('tool', path, digest);
    return recorded === undefined ? undefined : toolOutcome(recorded);
  }

  async model(model: BundleModel, request: ModelRequest, options: Options<'model'>): Promise<ModelResponse> {
    if (this.#options.models === 'ask') return options.world.model(model, request, options);
    const recorded = this.#lookUp('model', options.path, options.digest);
    if (recorded?.outcome !== 'done') return options.world.model(model, request, options);
    const usage = { inputTokens: recorded.tokensIn ?? 0, outputTokens: recorded.tokensOut ?? 0 };
    // Written by the door, from what a provider answered.
    return { ...(JSON.parse(recorded.body ?? 'null') as Omit<ModelResponse, 'usage'>), usage };
  }

  /**
   * What the call of a tool that is answered from the record was made with comes from there too, because nobody looks at
   * the vectors: that it was let through is what the replay shows. Where the tool is called, its texts are embedded.
   */
  async embed(model: BundleModel, request: EmbeddingRequest, options: Options<'model'>): Promise<EmbeddingResponse> {
    const { world, path } = options;
    const recorded = this.#answered.has(toolOfEmbedding(path))
      ? this.#lookUp('model', path, options.digest)
      : undefined;
    if (recorded === undefined) {
      if (world.embed === undefined) throw new TypeError('the world embeds');
      return world.embed(model, request, options);
    }
    if (recorded.outcome === 'failed') throw recordedFailure(recorded);
    const usage = { inputTokens: recorded.tokensIn ?? 0, outputTokens: 0 };
    return { vectors: vectorsFromJson(JSON.parse(recorded.body ?? 'null') as Json), usage };
  }

  /**
   * Patterns are looked for anew: that is the same everywhere. A service is asked only where calls may be made at all;
   * what the record answers with has passed it.
   */
  guard(guard: BundleGuard, request: GuardRequest, options: GuardOptions): Promise<GuardOutcome> {
    const isAsked = this.#options.models === 'ask' || this.#options.onDiverge === 'ask';
    if (options.world.guard !== undefined && (isAsked || guard.provider.type === 'regex'))
      return options.world.guard(guard, request, options);
    return Promise.resolve({ kind: 'checked', findings: request.texts.map(() => nothingFound) });
  }

  /** Undefined: the call is to be made. */
  #lookUp(kind: 'tool' | 'model', path: string, argsDigest: string): RecordedRow | undefined {
    const recorded = this.#calls.get(path);
    const mayFail = kind === 'tool' || isEmbedding(path);
    const why = mismatch(recorded, argsDigest, mayFail);
    if (why === undefined) return recorded?.result;
    this.#diverge({ path, kind, why });
    return undefined;
  }

  /** Notes a call that has no answer; throws where the replay ends with it. */
  #diverge(call: Omit<Divergence, 'then'>): void {
    const then = this.#options.onDiverge === 'stop' ? 'stopped' : 'asked';
    this.diverged.push({ ...call, then });
    if (then === 'stopped') throw new Halted('stopped');
  }
}

const notEmbedded = 'memory.not_embedded';

interface Recorded {
  readonly argsDigest: string | undefined;
  readonly result: RecordedRow | undefined;
}

/** By path without an attempt: the last attempt has the answer that the run went on with. */
function recordedCalls(rows: readonly RecordedRow[]): ReadonlyMap<string, Recorded> {
  const calls = new Map<string, Recorded>();
  for (const row of rows) {
    if (row.kind !== 'tool' && row.kind !== 'model') continue;
    const path = row.path.replace(/~\d+$/, '');
    const known = calls.get(path);
    const argsDigest = row.argsDigest ?? known?.argsDigest;
    calls.set(path, { argsDigest, result: row.phase === 'result' ? row : known?.result });
  }
  return calls;
}

function mismatch(recorded: Recorded | undefined, argsDigest: string, mayFail: boolean): Divergence['why'] | undefined {
  if (recorded === undefined || recorded.result?.outcome === 'denied') return 'new';
  if (recorded.argsDigest !== argsDigest) return 'arguments';
  const outcome = recorded.result?.outcome;
  if (outcome === undefined || outcome === 'unknown') return 'unknown';
  // A model that failed is asked again: its failure says nothing of the run. That of an embedding was the tool's.
  return outcome === 'failed' && !mayFail ? 'unknown' : undefined;
}

/** Its attempts are over: what is recorded is what the tool was told. */
function recordedFailure({ error }: RecordedRow): TerminalError {
  const { code = 'model.unavailable', message = 'The recorded call failed.' } = error ?? {};
  return new TerminalError(message, { code });
}

function toolOutcome({ outcome, body, error }: RecordedRow): ToolOutcome {
  if (outcome === 'done') return { kind: 'done', output: JSON.parse(body ?? 'null') as Json };
  const { code = 'tool.failed', message = 'The recorded call failed.' } = error ?? {};
  // Its attempts are over: what is recorded is what the run went on with.
  return { kind: 'failed', code, message, retryable: false };
}
