import type { Json, JsonObject } from '../manifest/json.ts';

/** One call of one provider, without retries: each retry passes the gate again. */
export interface ModelRequest {
  /** `namespace/name` of the agent that asks; only the scripted provider reads it, to choose its reply. */
  readonly agent: string;
  readonly system: string;
  readonly messages: readonly ModelMessage[];
  readonly tools: readonly { readonly name: string; readonly description: string; readonly inputSchema: JsonObject }[];
  readonly maxOutputTokens: number;
  /** A JSON Schema that the text of the answer must satisfy. */
  readonly outputSchema?: JsonObject;
}

export type ModelMessage =
  | { readonly role: 'user'; readonly text: string }
  | { readonly role: 'assistant'; readonly text: string; readonly toolCalls: readonly RawToolCall[] }
  | { readonly role: 'tool'; readonly callId: string; readonly tool: string; readonly result: Json };

/** As the provider sent it; the arguments are parsed by the gate alone. */
export interface RawToolCall {
  /** pawl's own id, `<turn>.<index>`; the provider's id is replaced at the door. */
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

export interface ModelResponse {
  readonly text: string;
  readonly toolCalls: readonly RawToolCall[];
  /** Undefined: the provider said nothing, and the whole reservation is charged. */
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number } | undefined;
  /** The model id that the provider says answered. */
  readonly model: string | undefined;
  readonly finish: 'stop' | 'length' | 'toolCalls' | 'other';
}
