import type { CodeDoc } from '../manifest/problem.ts';

/** What can go wrong when the gate's decision is carried out by a tool. */
export const toolCodes = {
  'tool.network': {
    title: 'The other side could not be reached, or the connection broke',
    cause: 'No DNS answer, a refused or broken connection, or a certificate that does not verify.',
    cure: 'Check the host, its certificate and the network of the worker.',
  },
  'tool.timeout': {
    title: 'The call took longer than the tool’s timeout',
    cause: 'The total deadline of the call (connecting, waiting and reading together) was over.',
    cure: 'Raise the Tool’s `timeout`, or make the other side faster.',
  },
  'tool.aborted': {
    title: 'The call was given up by its worker',
    cause: 'The run was cancelled, is past its deadline, or now belongs to another worker.',
    cure: 'Nothing: the run’s own state says why.',
  },
  'tool.rate_limited': {
    title: 'The tool asks to slow down',
    cause: 'The other side answered with status 429.',
    cure: 'Give the Tool a `retry` where it may be called again, or run less at once.',
  },
  'tool.unavailable': {
    title: 'The tool could not answer',
    cause: 'The other side answered with a status of 500 or above, or an MCP server has no such tool any more.',
    cure: 'Look at the other side; give the Tool a `retry` where it may be called again. `pawl mcp diff` shows what an MCP server offers by now.',
  },
  'tool.failed': {
    title: 'The tool answered with an error',
    cause:
      'The other side answered with a status of 400 or above, a redirect that cannot be followed, or an error of its own; or an MCP server died.',
    cure: 'The message holds what it said.',
  },
  'tool.server_refused': {
    title: 'An MCP server does what no server may',
    cause:
      'Its list of tools never ends, holds two tools of one name or more than 1,000; or it writes what is no message, asks again and again for what it is not given, or does not read.',
    cure: 'The message says what it was. Mend the server, or take another.',
  },
  'tool.program_missing': {
    title: 'The worker does not have the program',
    cause: 'No such program on the path of the worker, or none that its user may run.',
    cure: 'Install it on the machine or in the image of the worker, or name it by its absolute path.',
  },
  'tool.template_invalid': {
    title: 'The tool’s request template cannot be used',
    cause: 'A placeholder in the scheme or host of the URL, or a header that pawl sets itself.',
    cure: 'Keep placeholders to the path, query, headers and body, and leave framing and auth headers out.',
  },
  'tool.argument_refused': {
    title: 'An argument cannot be put where the template puts it',
    cause: 'A line break in a header, an empty, `.` or `..` path segment, or an object where text is needed.',
    cure: 'Narrow the tool’s `inputSchema` (a pattern, a minLength) so that the model sends what fits.',
  },
  'tool.fuel': {
    title: 'The module used up its fuel',
    cause: 'The call took more instructions than `wasm.fuel`.',
    cure: 'Raise `fuel`, or do less in one call. A loop without an end uses up any number.',
  },
  'result.too_large': {
    title: 'The tool’s result is too large',
    cause: 'The answer is longer than `maxResultBytes`.',
    cure: 'Raise `maxResultBytes`, or ask the other side for less.',
  },
  'result.invalid': {
    title: 'The tool’s result cannot be used',
    cause:
      'Not UTF-8, not strict JSON though it says so, compressed without being asked to, or not what `outputSchema` says.',
    cure: 'Compare what the other side answers with the Tool’s `outputSchema`.',
  },
  'auth.token_refused': {
    title: 'A token server gave no token',
    cause:
      'The server at `auth.tokenUrl` does not know the client, its secret or a scope, or answered with a redirect.',
    cure: 'The word in brackets is the server’s. Check `auth` of the resource, and the client’s id and secret.',
  },
  'auth.token_unavailable': {
    title: 'A token server did not answer',
    cause:
      'The server at `auth.tokenUrl` was not reached within 10 s, broke off, is busy, or answered with 500 or above.',
    cure: 'Look at the server. The call was not made, and may be made again.',
  },
  'auth.token_invalid': {
    title: 'A token server answered with something else than a token',
    cause: 'No JSON object, no `access_token`, no bearer token, or one that cannot be sent in a header.',
    cure: 'Check that `auth.tokenUrl` is the token endpoint of an OAuth 2.0 server.',
  },
  'secret.unavailable': {
    title: 'A secret is not there for the worker',
    cause:
      'The word in brackets says why. env_missing: no such variable, or not opened to manifests. file_…: not in a folder of PAWL_SECRET_FILES, a link out of it, not there, not readable, too large or no text. age_…: no key, a key for other recipients, or a damaged ciphertext. stored_…: no value, no key, a key that is missing, or a damaged value. empty, too_short, control_character, no_certificate: the value itself.',
    cure: 'Make the value readable to the worker as docs/secrets.md says; `pawl doctor` shows what it may read.',
  },
  // Of agents elsewhere, besides what can go wrong with any tool.
  'agent.remote_refused': {
    title: 'An agent elsewhere did not take the work',
    cause:
      'It rejected the task, answered with an error of the protocol, did not let pawl in, or led to another address.',
    cure: 'The message holds what it said. Check `url` and `auth` of the agent.',
  },
  'agent.remote_failed': {
    title: 'An agent elsewhere failed',
    cause: 'Its task ended as failed, or as cancelled by somebody else.',
    cure: 'The message holds what it said; its own record says more.',
  },
  'agent.remote_input': {
    title: 'An agent elsewhere asked back',
    cause:
      'Its task waits for more input, or for somebody to sign in. Nobody can answer it there, so it was cancelled.',
    cure: 'Give it what it needs in the input of the node, and its credentials in `auth`.',
  },
} as const satisfies Record<string, CodeDoc>;
