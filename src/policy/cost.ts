import type { BundleModel } from '../manifest/bundle.ts';
import type { Reservation } from './decision.ts';

/** Micro-USD per million tokens, both whole numbers. */
export type Pricing = NonNullable<BundleModel['pricing']>;

const tokensPerPrice = 1_000_000n;

/** What so many tokens cost, in micro-USD, rounded up: a fraction is never in the spender's favour. */
export function costOf(pricing: Pricing, input: number, output: number): number {
  return costOfUsage(pricing, { cached: 0, inputTokens: input, outputTokens: output });
}

/** Where cached input has a price of its own; what is held before the call knows of no cache. */
function costOfUsage(
  pricing: Pricing,
  usage: { readonly cached: number; readonly inputTokens: number; readonly outputTokens: number },
): number {
  const { cached, inputTokens, outputTokens } = usage;
  const { cachedInputPerMTok: cachedPrice = pricing.inputPerMTok } = pricing;
  // In one sum, so that it is rounded once.
  const exact =
    BigInt(inputTokens - cached) * BigInt(pricing.inputPerMTok) +
    BigInt(cached) * BigInt(cachedPrice) +
    BigInt(outputTokens) * BigInt(pricing.outputPerMTok);
  return Number((exact + tokensPerPrice - 1n) / tokensPerPrice);
}

/** How many output tokens `money` pays for after the input; negative when it does not even pay for the input. */
export function affordableOutput(pricing: Pricing, input: number, money: number): number {
  const left = BigInt(money) * tokensPerPrice - BigInt(input) * BigInt(pricing.inputPerMTok);
  if (left < 0n) return -1;
  if (pricing.outputPerMTok === 0) return Number.MAX_SAFE_INTEGER;
  const tokens = left / BigInt(pricing.outputPerMTok);
  return tokens > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(tokens);
}

/** Input tokens to hold for a call: the estimate and a tenth, because no estimate knows the provider's tokenizer. */
export function reservedInput(estimate: number): number {
  return Math.ceil((estimate * 11) / 10);
}

/** What a finished model call is charged. */
export interface Charge {
  readonly tokensIn: number;
  readonly tokensOut: number;
  /** Micro-USD; 0 where the model has no price. */
  readonly cost: number;
}

export interface ModelSettlement {
  readonly reserve: Reservation;
  /** The cap that the decision set. */
  readonly maxOutputTokens: number;
  readonly usage:
    | { readonly inputTokens: number; readonly cachedInputTokens?: number; readonly outputTokens: number }
    | undefined;
  readonly pricing: Pricing | undefined;
}

/** The charge of a model call: what the provider reports, even above the cap; all that was held when it reports nothing. */
export function settleModelCall(call: ModelSettlement): Charge {
  if (call.usage === undefined) {
    const tokensIn = call.reserve.tokens - call.maxOutputTokens;
    return { tokensIn, tokensOut: call.maxOutputTokens, cost: call.reserve.cost };
  }
  const { inputTokens, cachedInputTokens = 0, outputTokens } = call.usage;
  const cost =
    call.pricing === undefined
      ? 0
      : costOfUsage(call.pricing, { cached: Math.min(cachedInputTokens, inputTokens), inputTokens, outputTokens });
  return { tokensIn: inputTokens, tokensOut: outputTokens, cost };
}
