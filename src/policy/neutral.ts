import type { JsonObject } from '../manifest/json.ts';
import type { ReasonCode } from './reason.ts';

const notPermitted: JsonObject = Object.freeze({ error: 'not_permitted', retryable: false });
const invalidArguments: JsonObject = Object.freeze({ error: 'invalid_arguments', retryable: true });

/**
 * What a model is told of a refused call. Names of policies, and whether a tool exists, are for people: told to a
 * model, they are a map for whoever writes into its context. Only its own mistake in the arguments is said, so that it can mend it.
 */
export function answerForModel(reason: ReasonCode): JsonObject {
  switch (reason) {
    case 'call.malformed':
    case 'call.too_large':
    case 'args.invalid':
      return invalidArguments;
    default:
      return notPermitted;
  }
}
