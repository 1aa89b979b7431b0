import type { BundleModel, BundleTool } from '../manifest/bundle.ts';
import type { BundleGuard } from '../manifest/bundle-guard.ts';
import type { Json } from '../manifest/json.ts';
import type { GuardCallOptions, GuardOutcome, GuardRequest } from '../guards/guard.ts';
import type { EmbeddingRequest, EmbeddingResponse } from '../models/embedding.ts';
import type { Embed } from '../memory/embedding.ts';
import type { ModelRequest, ModelResponse } from '../models/model.ts';
import type { ModelCallOptions } from '../models/options.ts';
import type { ToolCallOptions } from '../tools/options.ts';
import type { ToolOutcome } from '../tools/tool.ts';

/**
 * What a call reaches once the gate let it through and the journal holds it: the world, or what stands for the world
 * where a run is only played. The same contracts as `callTool`, `callModel`,
 * `callEmbedding` and `callGuard`.
 */
export interface Outside {
  tool(tool: BundleTool, args: Json, options: ToolCallOptions & PlayedTool): Promise<ToolOutcome>;
  model(model: BundleModel, request: ModelRequest, options: ModelCallOptions & Played): Promise<ModelResponse>;
  /** Absent: texts are embedded by the world. */
  embed?(model: BundleModel, request: EmbeddingRequest, options: ModelCallOptions & Played): Promise<EmbeddingResponse>;
  /** What answers in the place of people, where a run is only played; undefined: they are asked. */
  person?(call: Pick<Played, 'path' | 'digest'>): ToolOutcome | undefined;
  /** Absent: no guard answers, and what it guards does not pass. */
  guard?(
    guard: BundleGuard,
    request: GuardRequest,
    options: GuardCallOptions & Pick<Played, 'world'>,
  ): Promise<GuardOutcome>;
}

/** Which call it is, for what answers from a record. */
export interface Played {
  /** Without an attempt: `research/1.2`. */
  readonly path: string;
  /** What the journal knows the call by: the digest of what the model wrote, whatever guards masked of it since. */
  readonly digest: string;
  /** What would have been asked otherwise. */
  readonly world: Outside;
}

export interface PlayedTool extends Played {
  /** Has texts embedded in the name of who calls the tool: through the door, as the tool itself would. */
  readonly embed: Embed;
}
