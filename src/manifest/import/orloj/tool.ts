import type { JsonObject } from '../../json.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignKind } from '../dialect.ts';
import type { ForeignDocument } from '../foreign.ts';
import { given } from '../given.ts';
import { operationsOf } from './governance.ts';
import { orlojVersions } from './orloj-metadata.ts';
import { orlojName } from './orloj-name.ts';
import { convertRemoteAgent } from './remote-agent.ts';
import { cliBlock } from './tool-cli.ts';
import { toolFields } from './tool-fields.ts';
import { httpBlock } from './tool-http.ts';
import { describedAs } from './tool-input.ts';
import { toolRules } from './tool-rules.ts';
import { runtimeOf } from './tool-runtime.ts';
import { wasmBlock } from './tool-wasm.ts';

/** Something an agent can call. */
export const tool: ForeignKind = {
  kind: 'Tool',
  apiVersions: orlojVersions,
  fields: toolFields,
  rules: toolRules,
  fate: { fate: 'mapped', becomes: 'Tool', convert },
};

/** The block of a type, or undefined where its document was refused. */
type Block = (document: ForeignDocument, conversion: Conversion) => JsonObject | undefined;

const blocks: Readonly<Record<string, Block>> = {
  http: httpBlock,
  mcp: mcpBlock,
  cli: cliBlock,
  wasm: wasmBlock,
};

/** Types that pawl has no counterpart of, with what to do. */
const unlike: Readonly<Record<string, { readonly message: string; readonly help: string }>> = {
  external: {
    message:
      'An external tool is sent an envelope of Orloj (contract, trace, attempt), and answers in one that says whether it was denied.',
    help: 'Let the service take the arguments as JSON and answer with the result, and declare it with `type: http`.',
  },
  grpc: {
    message: 'The tool speaks the gRPC service of Orloj.',
    help: 'Put an HTTP endpoint in front of it that takes the arguments as JSON, and declare it with `type: http`.',
  },
  'webhook-callback': {
    message: 'The tool answers later, at an address that Orloj asks again and again.',
    help: 'Put an HTTP endpoint or an MCP server in front of it that waits for the answer.',
  },
  queue: {
    message: 'Orloj never implemented tools behind a queue.',
    help: 'Put an HTTP endpoint in front of the queue, and declare it with `type: http`.',
  },
};

function convert(document: ForeignDocument, conversion: Conversion): void {
  const { spec } = document;
  const type = spec.get('type').text() ?? 'http';
  spec.get('capabilities').json();
  const reason = unlike[type];
  if (reason !== undefined) return spec.get('type').refuse(reason);
  if (type === 'a2a') return convertRemoteAgent(document, conversion);
  const block = blocks[type]?.(document, conversion);
  if (block === undefined) return;
  leaveOthers(document, type);
  conversion.become(
    document,
    given({
      description: describedAs(document),
      ...block,
      operation: operationOf(document),
      risk: spec.get('risk_level').text() ?? 'low',
      ...runtimeOf(document),
    }),
  );
}

function operationOf(document: ForeignDocument): string | readonly string[] {
  const node = document.spec.get('operation_classes');
  node.json();
  const operations = operationsOf(document);
  const [only = 'read', ...more] = operations;
  if (node.items().length === 0) {
    const message = `The tool does not say what it does, and Orloj takes it for a \`${only}\`. Say it in \`operation\`: pawl may repeat what only reads, and rules look at it.`;
    document.root.at('metadata', 'name').flag('import.assumed', message);
  }
  return more.length === 0 ? only : [...operations].sort();
}

function mcpBlock(document: ForeignDocument, conversion: Conversion): JsonObject {
  const { spec } = document;
  const node = spec.get('mcp_server_ref');
  const serverRef = conversion.refer(node, {
    kinds: ['McpServer'],
    ...orlojName(node.text() ?? ''),
    as: 'McpServer',
  });
  const schema = spec.get('input_schema');
  if (schema.exists) schema.ignore('The arguments of a server’s tool are at its pin.');
  if (spec.get('auth').exists)
    spec.get('auth').ignore('The connection to the server authenticates, and no single tool.');
  return { type: 'mcp', mcp: { serverRef, tool: spec.get('mcp_tool_name').text()?.trim() ?? '' } };
}

/** Fields of other types, which Orloj keeps and does not look at. */
function leaveOthers({ spec }: ForeignDocument, type: string): void {
  const fields: Readonly<Record<string, readonly string[]>> = {
    endpoint: ['http'],
    mcp_server_ref: ['mcp'],
    mcp_tool_name: ['mcp'],
    cli: ['cli'],
    wasm: ['wasm'],
    a2a: [],
  };
  for (const [field, types] of Object.entries(fields)) {
    const node = spec.get(field);
    if (node.exists && !types.includes(type)) node.ignore(`A tool of type ${type} does not use it.`);
  }
}
