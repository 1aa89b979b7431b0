import type { LanguageModelV3, SharedV3ProviderOptions } from '@ai-sdk/provider';
import type { BundleModel } from '../manifest/bundle.ts';
import type { EmbeddingModel } from './embedding.ts';
import type { Exchange } from './exchange.ts';
import type { ModelRequest } from './model.ts';
import type { Wire } from './wire.ts';

/** How one provider is asked: what differs from one to the next. */
export interface Provider {
  readonly wire: Wire;
  /** Where the endpoint names no `baseUrl`; undefined: it must. */
  readonly baseUrl: (model: BundleModel) => string | undefined;
  /** The SDK's model. It reads no variable of the environment, because everything that it could look up is given. */
  readonly open: (settings: ProviderSettings) => LanguageModelV3;
  /** The same of a model that makes embeddings; absent: pawl asks this provider for none. */
  readonly embedder?: (settings: ProviderSettings) => EmbeddingModel;
  readonly providerOptions: (model: BundleModel) => SharedV3ProviderOptions;
  /** How the answer is made to fit a schema: by the protocol, or by asking for it. pawl holds it against the schema anyway. */
  readonly format: (request: ModelRequest) => 'schema' | 'instruction';
  /** Where the request holds each parameter. What an SDK leaves out because it knows better is not sent at all. */
  readonly fields: Readonly<Partial<Record<Parameter, readonly string[]>>>;
  /** The key under which it finds its own thoughts again; undefined: it needs none of them back. */
  readonly thoughts?: string;
  /** Whether the answer's model is the endpoint's `model`; absent: it must be. */
  readonly answersUnderOtherNames?: true;
}

export type Parameter = Exclude<keyof BundleModel['parameters'], 'maxOutputTokens'>;

export interface ProviderSettings {
  readonly model: BundleModel;
  readonly baseUrl: string;
  /** Some text where the endpoint has no key: it is not sent. */
  readonly key: string;
  readonly fetch: Exchange['fetch'];
}
