import { RetryableError, TerminalError } from '../errors.ts';
import type { EgressOutcome } from '../tools/egress.ts';
import { retryAfter } from '../tools/retry-after.ts';
import type { ModelCallOptions } from './options.ts';

/** How much of a provider's own words is told. */
const errorTextMax = 300;

/** The typed error of an exchange that gave no answer. Its message holds no secret, and it has no cause that could. */
export function exchangeFailure(outcome: EgressOutcome, options: ModelCallOptions): RetryableError | TerminalError {
  switch (outcome.kind) {
    case 'answered':
      return statusFailure(outcome, options);
    case 'denied':
      return new TerminalError(outcome.message, {
        code: 'egress.denied',
        help: 'Check `baseUrl` of the ModelEndpoint; a host in your own network needs `allowPrivate: true`.',
      });
    case 'tooLarge':
      return new TerminalError(`The provider’s answer is too large. ${outcome.message}`, {
        code: 'model.response_too_large',
        help: 'Lower `maxOutputTokens` of the ModelEndpoint.',
      });
    case 'timeout':
      return new RetryableError(`The model did not answer in time. ${outcome.message}`, { code: 'model.timeout' });
    case 'aborted':
      return new RetryableError('The model call was given up by its worker.', { code: 'model.aborted' });
    case 'network':
      return new RetryableError(`The provider could not be reached. ${outcome.message}`, { code: 'model.unavailable' });
  }
}

function statusFailure(
  { status, headers, body }: Extract<EgressOutcome, { kind: 'answered' }>,
  { secrets }: ModelCallOptions,
): RetryableError | TerminalError {
  // Scrubbed before it is cut: the first half of a secret is not the secret, and would pass.
  const told = secrets.scrubBody(new TextDecoder().decode(body)).slice(0, errorTextMax);
  const message = `The provider answered with status ${status}${told === '' ? '.' : `: ${told}`}`;
  const retryAfterMs = retryAfter(headers);
  if (status === 429) return new RetryableError(message, { code: 'model.rate_limited', retryAfterMs });
  if (status >= 500 || status === 408) return new RetryableError(message, { code: 'model.unavailable', retryAfterMs });
  if (status === 401 || status === 403) {
    return new TerminalError(message, {
      code: 'model.unauthorised',
      help: 'Check the secret that `auth.secretRef` of the ModelEndpoint names.',
    });
  }
  if (status === 413 || tooLong.test(told)) {
    return new TerminalError(message, {
      code: 'context.too_large',
      help: 'Shorten the conversation (`context.compaction`), or use a model with a larger context.',
    });
  }
  return new TerminalError(message, {
    code: 'model.request_refused',
    help: 'Check the model’s id, its parameters and the schemas of its tools.',
  });
}

/** What the providers say of a request that is longer than the model's context; only OpenAI's has a code. */
const tooLong = /context_length_exceeded|prompt is too long|input is too long|exceeds the maximum number of tokens/i;

export function invalidResponse(message: string): TerminalError {
  return new TerminalError(message, {
    code: 'model.response_invalid',
    help: 'Check that `baseUrl` points at an endpoint that speaks the provider’s protocol.',
  });
}
