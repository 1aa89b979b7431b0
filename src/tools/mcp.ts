import type { BundleTool } from '../manifest/bundle.ts';
import { type JsonObject, own } from '../manifest/json.ts';
import { isRepeatable, McpFault, outcomeOf, refusal } from './mcp/fault.ts';
import { limit } from './mcp/limit.ts';
import { outputOf, wireBytesMax } from './mcp/result.ts';
import type { ToolCallOptions } from './options.ts';
import type { ToolOutcome } from './tool.ts';

export type McpTool = BundleTool & { readonly impl: Extract<BundleTool['impl'], { type: 'mcp' }> };

/** How much of what a server says went wrong is told to a model: enough to do better. */
const messageMax = 2_000;

/** Calls a tool of an MCP server if it is still what was pinned, and says what became of it. */
export async function callMcp(tool: McpTool, args: JsonObject, options: ToolCallOptions): Promise<ToolOutcome> {
  try {
    return { kind: 'done', output: outputOf(await answerOf(tool, args, options), boundsOf(tool)) };
  } catch (cause) {
    if (!(cause instanceof McpFault)) throw cause;
    const outcome = outcomeOf(tool, cause);
    // Scrubbed before it is cut: the first half of a secret is not the secret, and would pass.
    return { ...outcome, message: shortened(options.secrets.scrubText(cause.message)) } as ToolOutcome;
  }
}

async function answerOf(tool: McpTool, args: JsonObject, options: ToolCallOptions): Promise<unknown> {
  const { server: name, tool: toolName, digest } = tool.impl;
  const { mcp, secrets, egress, mayStart } = options;
  const server = own(mcp?.servers, name);
  if (mcp === undefined || server === undefined)
    throw refusal('tool.failed', 'This process reaches no MCP servers, or the run has none of this name.');
  if (digest === undefined) throw refusal('tool.pin_missing', `The MCP server’s tool ${toolName} has no pin.`);
  const deadlineMs = Math.min(tool.timeoutMs, options.timeoutMs ?? Number.POSITIVE_INFINITY);
  // Over all of it: a server that takes long to start has as much less time to answer.
  const { signal, end } = limit(options.signal, deadlineMs, `The call took longer than ${deadlineMs} ms.`);
  const wanted = { environment: mcp.environment, name, server, terms: { secrets, egress, signal } };
  const answerBytesMax = wireBytesMax(tool.maxResultBytes);
  const terms = { signal, secrets, egress, mayStart, answerBytesMax, isRepeatable: isRepeatable(tool) };
  try {
    return await mcp.sessions.use(wanted, async (session) => {
      try {
        return await session.call({ tool: toolName, digest }, args, terms);
      } finally {
        // Another run may have got it: an answer of this one must not repeat it either.
        for (const value of session.told) secrets.remember(value);
      }
    });
  } finally {
    end();
  }
}

function boundsOf({ maxResultBytes, outputSchema }: McpTool) {
  return { bytesMax: maxResultBytes, isStructured: outputSchema !== undefined };
}

function shortened(message: string): string {
  return message.length <= messageMax ? message : `${message.slice(0, messageMax - 1)}…`;
}
