import { bodyOf, listen, type LoopbackServer } from './loopback.ts';

export interface OfferedTool {
  readonly name: string;
  readonly description?: string;
  readonly inputSchema?: object;
}

/** An MCP server over HTTP whose tools a test changes as it likes. */
export interface ToolsServer extends LoopbackServer {
  /** What it offers from now on. */
  offer(tools: readonly OfferedTool[]): void;
  /** From now on everything is answered with this status; undefined: as usual. */
  fail(status: number | undefined): void;
  /** The version that it says of itself from now on; undefined: it never answers a greeting. */
  introduce(version: string | undefined): void;
  /** How often it was greeted. */
  greetings(): number;
  /** Values of the header `authorization` that it saw. */
  readonly authorised: Set<string>;
}

export async function startToolsServer(offered: readonly OfferedTool[]): Promise<ToolsServer> {
  let tools = offered;
  let failing: number | undefined;
  let greetings = 0;
  let said: string | undefined = '1';
  const authorised = new Set<string>();
  const server = await listen(async (request, response) => {
    authorised.add(request.headers.authorization ?? '');
    if (failing !== undefined) return void response.writeHead(failing).end();
    if (request.method !== 'POST') return void response.writeHead(405).end();
    const { id, method } = JSON.parse(await bodyOf(request)) as { id?: number; method?: string };
    const answer = (result: object) =>
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ jsonrpc: '2.0', id, result }));
    if (method === 'initialize') greetings += 1;
    if (method === 'initialize' && said === undefined) return;
    if (method === 'initialize')
      return void answer({
        protocolVersion: '2025-06-18',
        capabilities: { tools: {} },
        serverInfo: { name: 'tickets\u202e', version: said },
      });
    if (method !== 'tools/list') return void response.writeHead(202).end();
    answer({ tools: tools.map(({ inputSchema = { type: 'object' }, ...tool }) => ({ ...tool, inputSchema })) });
  });
  return {
    ...server,
    authorised,
    offer: (next) => void (tools = next),
    greetings: () => greetings,
    introduce: (version) => void (said = version),
    fail: (status) => void (failing = status),
  };
}
