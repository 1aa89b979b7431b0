import type { Json, JsonObject } from '../manifest/json.ts';

/** One call of one provider, without retries: each retry passes the gate again. */
export interface ModelRequest {
  /** `namespace/name` of the agent that asks, which answer this is, and of what: the scripted provider chooses by them. */
  readonly agent: string;
  /** From 1; absent: one more than there are answers in `messages`. */
  readonly turn?: number;
  /** Absent: the first message. */
  readonly asked?: string;
  readonly system: string;
  readonly messages: readonly ModelMessage[];
  readonly tools: readonly { readonly name: string; readonly description: string; readonly inputSchema: JsonObject }[];
  readonly maxOutputTokens: number;
  /** A JSON Schema that the text of the answer must satisfy. */
  readonly outputSchema?: JsonObject;
}

export type ModelMessage =
  | {
      readonly role: 'user';
      /** Came from outside, unless `own` says that it is pawl's or Git's. */
      readonly text: string;
      readonly own?: true;
      /** What pawl says around it. */
      readonly frame?: { readonly before: string; readonly after: string };
    }
  | {
      readonly role: 'assistant';
      readonly text: string;
      readonly toolCalls: readonly RawToolCall[];
      readonly thoughts?: readonly Thought[];
      /** Somebody else kept it, and may have written it. */
      readonly kept?: true;
    }
  | {
      readonly role: 'tool';
      readonly callId: string;
      readonly tool: string;
      readonly result: Json;
      /** pawl's own word in the place of a result. */
      readonly own?: true;
    };

/** What a user's message says as a whole. */
export function userText({ text, frame }: Pick<Extract<ModelMessage, { role: 'user' }>, 'text' | 'frame'>): string {
  return frame === undefined ? text : `${frame.before}${text}${frame.after}`;
}

/**
 * What a model thought before it answered, in the provider's own form: sent back as it came, to the endpoint that it
 * came from, because some providers refuse the next turn without it.
 */
export type Thought = {
  /** Of the tool call that it belongs to; absent: it stands before the text. */
  readonly callId?: string;
  readonly text?: string;
  readonly metadata: JsonObject;
};

/** As the provider sent it; the arguments are parsed by the gate alone. */
export interface RawToolCall {
  /** pawl's own id, `<turn>.<index>`; the provider's id is replaced at the door. */
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

export interface ModelUsage {
  /** With those that were cached. */
  readonly inputTokens: number;
  /** Of the input, what the provider read from its cache; absent: nothing that it says. */
  readonly cachedInputTokens?: number;
  readonly outputTokens: number;
}

export interface ModelResponse {
  readonly text: string;
  readonly toolCalls: readonly RawToolCall[];
  /** Absent: none, or none that has to go back. */
  readonly thoughts?: readonly Thought[];
  /** Undefined: the provider said nothing, and the whole reservation is charged. */
  readonly usage: ModelUsage | undefined;
  /** The model id that the provider says answered. */
  readonly model: string | undefined;
  readonly finish: 'stop' | 'length' | 'toolCalls' | 'filtered' | 'other';
}
