import { isPawlError } from '../../errors.ts';
import { McpFault, SessionGone } from './fault.ts';

/** Why a request has no answer that can be used, from what the SDK threw. What is a bug of ours is given back as it is. */
export async function requestFault(
  cause: unknown,
  { signal, hasSession }: { readonly signal: AbortSignal; readonly hasSession: boolean },
): Promise<Error> {
  if (cause instanceof McpFault) return cause;
  if (signal.aborted && signal.reason instanceof McpFault) return signal.reason;
  // What a resource lacks, such as a secret, says so itself.
  if (isPawlError(cause)) return cause;
  if (!(cause instanceof Error)) return new Error(String(cause));
  const { StreamableHTTPError } = await import('@modelcontextprotocol/sdk/client/streamableHttp.js');
  const { McpError } = await import('@modelcontextprotocol/sdk/types.js');
  if (cause instanceof StreamableHTTPError) {
    if (cause.code === 404 && hasSession) return new SessionGone();
    return statusFault(cause.code ?? 0, cause.message);
  }
  if (cause instanceof McpError)
    return answer('tool.failed', `The MCP server answered with an error: ${cause.message}`);
  if ('issues' in cause)
    return answer('result.invalid', 'The MCP server answered with what is no message of the protocol.');
  if (cause instanceof SyntaxError) return answer('result.invalid', 'The MCP server answered with what is no JSON.');
  return cause;
}

/** `code`: a status of HTTP, or below 200 where the SDK refused what came with it. */
function statusFault(code: number, message: string): McpFault {
  const said = message.replace(/^Streamable HTTP error: (?:Error POSTing to endpoint: )?/, '');
  if (code < 200) return answer('result.invalid', `The MCP server’s answer cannot be used. ${said}`);
  const status = `The MCP server answered with status ${code}${said === '' || said === 'null' ? '.' : `: ${said}`}`;
  if (code === 429) return answer('tool.rate_limited', status, true);
  return code >= 500 ? answer('tool.unavailable', status, true) : answer('tool.failed', status);
}

function answer(code: string, message: string, retryable = false): McpFault {
  return new McpFault(message, { code, sent: true, retryable, isAnswer: true });
}
