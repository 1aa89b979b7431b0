import type { AgentCard, Message, SendMessageRequest, Task } from '@a2a-js/sdk';
import type { Line } from './line.ts';
import type { BegunTask } from './remote-task.ts';

/** What an agent elsewhere is asked, whatever version of the protocol it speaks. */
export interface Remote {
  readonly sendMessage: (request: SendMessageRequest) => Promise<Message | Task>;
  readonly getTask: (id: string) => Promise<Task>;
  readonly cancelTask: (id: string) => Promise<Task>;
}

export type Version = BegunTask['version'];

interface Connecting {
  readonly endpoint: string;
  readonly version: Version;
  readonly signal: AbortSignal;
  readonly deadlineMs: () => number;
}

/** The SDK's own transport over a guarded line. It is loaded here and nowhere else, when an agent elsewhere is called. */
export async function connect(line: Line, { endpoint, version, signal, deadlineMs }: Connecting): Promise<Remote> {
  const fetchImpl = line.fetcher(signal, deadlineMs);
  const transport = version === '1.0' ? await current(endpoint, fetchImpl) : await legacy(endpoint, fetchImpl);
  const options = { serviceParameters: { 'A2A-Version': version } };
  return {
    sendMessage: (request) => transport.sendMessage(request, options),
    getTask: (id) => transport.getTask({ tenant: '', id, historyLength: 0 }, options),
    cancelTask: (id) => transport.cancelTask({ tenant: '', id, metadata: undefined }, options),
  };
}

async function current(endpoint: string, fetchImpl: typeof fetch) {
  const { JsonRpcTransportFactory } = await import('@a2a-js/sdk/client');
  // Of the card it reads only which version is spoken, and only where it is to find that out.
  return new JsonRpcTransportFactory({ fetchImpl }).create(endpoint, {} as AgentCard);
}

async function legacy(endpoint: string, fetchImpl: typeof fetch) {
  const { LegacyJsonRpcTransport } = await import('@a2a-js/sdk/compat/v0_3/client');
  return new LegacyJsonRpcTransport({ endpoint, fetchImpl });
}

export interface Interface {
  readonly endpoint: string;
  readonly version: Version;
}

/** Where an agent card says that the agent is asked by JSON-RPC, the newest version first; undefined: nowhere. */
export async function interfaceOf(card: unknown): Promise<Interface | undefined> {
  const { isLegacyAgentCard, parseLegacyAgentCard } = await import('@a2a-js/sdk/compat/v0_3/client');
  const known = isLegacyAgentCard(card) ? parseLegacyAgentCard(card) : ((card ?? {}) as Partial<AgentCard>);
  // Another's text: nothing of it has the type that it should.
  const interfaces: readonly unknown[] = Array.isArray(known.supportedInterfaces) ? known.supportedInterfaces : [];
  const listed = interfaces.flatMap((one) => {
    const { protocolBinding, protocolVersion, url } = (one ?? {}) as Readonly<Record<string, unknown>>;
    if (protocolBinding !== 'JSONRPC' || typeof url !== 'string' || typeof protocolVersion !== 'string') return [];
    const version = /^(1|0\.3)(?:\.|$)/.exec(protocolVersion)?.[1];
    return version === undefined ? [] : [{ endpoint: url, version: version === '1' ? '1.0' : '0.3' } as const];
  });
  return listed.find(({ version }) => version === '1.0') ?? listed[0];
}
