import type { ToolOutcome } from '../tool.ts';
import { exchangeFault, failed, type Telling } from './failure.ts';
import type { ExternalTool } from './line.ts';
import { type Interface, interfaceOf } from './protocol.ts';

/**
 * Where and by which version of the protocol the agent is asked. A URL that ends in `.json` is that of its agent card,
 * which says it; any other is the endpoint itself, of a version that asking finds out.
 */
export async function endpointOf(
  { impl }: ExternalTool,
  telling: Telling,
  signal: AbortSignal,
): Promise<readonly Interface[] | Extract<ToolOutcome, { kind: 'failed' }>> {
  const { url } = impl;
  if (!new URL(url).pathname.endsWith('.json')) {
    return [
      { endpoint: url, version: '1.0' },
      { endpoint: url, version: '0.3' },
    ];
  }
  const { line } = telling;
  try {
    const fetchCard = line.fetcher(signal, () => line.leftMs());
    const response = await fetchCard(url, { headers: { accept: 'application/json', 'a2a-version': '1.0' } });
    const found = response.ok ? await interfaceOf(await response.json()) : undefined;
    if (!response.ok) return exchangeFault(undefined, telling);
    if (found === undefined) return noInterface(line.host);
    return URL.canParse(found.endpoint) && new URL(found.endpoint).origin === new URL(url).origin
      ? [found]
      : elsewhere(line.host);
  } catch (cause) {
    return exchangeFault(cause, telling);
  }
}

function noInterface(host: string) {
  return failed('result.invalid', `The agent card at ${host} names no endpoint for JSON-RPC of A2A 1.0 or 0.3.`);
}

/** The card is the other side's word; the address is what people reviewed. */
function elsewhere(host: string) {
  return failed('egress.denied', `The agent card at ${host} names an endpoint at another host, which nobody reviewed.`);
}
