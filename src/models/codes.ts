import type { CodeDoc } from '../manifest/problem.ts';

/** What can go wrong between the gate's decision and a model's answer. */
export const modelCodes = {
  'model.rate_limited': {
    title: 'The provider asks to slow down',
    cause: 'It answered 429: too many requests or tokens in its own window.',
    cure: 'Nothing at first: the call is tried again. If it stays, raise the quota at the provider or run less at once.',
  },
  'model.unavailable': {
    title: 'The provider could not answer',
    cause: 'It answered with a status of 500 or above, or the connection failed or broke off.',
    cure: 'Nothing at first: the call is tried again. If it stays, look at the provider’s status page and the worker’s network.',
  },
  'model.timeout': {
    title: 'The model took too long',
    cause: 'No complete answer came within the deadline of one model call.',
    cure: 'Lower `maxOutputTokens`, shorten the prompt, or use a faster model.',
  },
  'model.aborted': {
    title: 'The model call was given up by its worker',
    cause: 'The run was cancelled, is past its deadline, or now belongs to another worker.',
    cure: 'Nothing: the run’s own state says why.',
  },
  'model.unauthorised': {
    title: 'The provider refuses the credentials',
    cause: 'It answered 401 or 403.',
    cure: 'Check the secret that `auth.secretRef` of the ModelEndpoint names, and what its key may do.',
  },
  'model.request_refused': {
    title: 'The provider refuses the request',
    cause: 'It answered with a status of 400 or above that is neither a rate limit nor about credentials.',
    cure: 'The message holds the provider’s own words: often an unknown model, a parameter or a schema that it does not take.',
  },
  'model.response_invalid': {
    title: 'The answer is not what the protocol says',
    cause: 'Not JSON, no choice in it, a tool call without a name, or the same key twice in an answer with tool calls.',
    cure: 'Check that `baseUrl` points at an endpoint that speaks the provider’s protocol.',
  },
  'model.response_too_large': {
    title: 'The answer is too large',
    cause: 'More than 8 MiB, more than 1 MiB of text, or more than 128 tool calls.',
    cure: 'Lower `maxOutputTokens` of the ModelEndpoint.',
  },
  'model.response_mismatch': {
    title: 'Another model answered',
    cause: 'The provider says that a model other than the endpoint’s answered.',
    cure: 'Name the model that you mean in the ModelEndpoint, or take the alias away at the provider.',
  },
  'model.embedding_invalid': {
    title: 'What the provider gave cannot be compared',
    cause:
      'An embedding has another length than `longTerm.dimensions` of the Memory says, holds what is no finite number, or nothing but zeros.',
    cure: 'Set `dimensions` to what the model makes, or mend the server. Nothing of the answer was used.',
  },
  'model.server_tool_denied': {
    title: 'The provider ran a tool of its own',
    cause: 'The answer holds a tool call that the provider executed, past the gate.',
    cure: 'Switch the provider’s built-in tools off for this key or model.',
  },
  'model.script_invalid': {
    title: 'The script of a scripted model cannot be read',
    cause: 'The bundle holds no script, or a reply in it has another shape than `agent`, `match`, `turns`.',
    cure: 'Mend the `.script.yaml` file and apply again.',
  },
  'model.script_exhausted': {
    title: 'The script has no answer',
    cause: 'No reply names this agent and matches its input, or the reply has no further turn.',
    cure: 'Add a reply or a turn to the `.script.yaml` file.',
  },
} as const satisfies Record<string, CodeDoc>;
