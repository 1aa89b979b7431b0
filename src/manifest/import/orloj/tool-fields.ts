import { ignored, mapped, refused, type FieldTable } from '../field-table.ts';
import { orlojMetadata } from './orloj-metadata.ts';

const pullSecret = ignored('string', 'Workers of pawl pull images with the credentials of their own container engine.');

/** Every field of a Tool, in all versions. */
export const toolFields: FieldTable = {
  ...orlojMetadata,
  'spec.type': mapped(
    {
      type: 'string',
      enum: ['http', 'external', 'grpc', 'webhook-callback', 'mcp', 'wasm', 'cli', 'a2a', 'queue'],
    },
    '`Tool.spec.type`: `http`, `mcp`, `cli` and `container`; an `a2a` tool becomes an Agent, and the others have none',
  ),
  'spec.endpoint': mapped('string', '`Tool.spec.http.url` and `egress.hosts`'),
  'spec.description': mapped('string', '`Tool.spec.description`'),
  'spec.input_schema': mapped('map', '`Tool.spec.inputSchema`'),
  'spec.mcp_server_ref': mapped('string', '`Tool.spec.mcp.serverRef`'),
  'spec.mcp_tool_name': mapped('string', '`Tool.spec.mcp.tool`'),
  'spec.cli.command': mapped({ type: 'string', required: true }, '`Tool.spec.cli.command`, or `container.command`'),
  'spec.cli.args[]': mapped('string', '`Tool.spec.cli.args`: `{{ .name }}` is `{name}`'),
  'spec.cli.image': mapped('string', '`Tool.spec.container.image`'),
  'spec.cli.image_pull_secret': pullSecret,
  'spec.cli.network': mapped('string', '`Tool.spec.isolation.network`'),
  'spec.cli.stdin_from_input': mapped('boolean', '`Tool.spec.cli.stdin`'),
  'spec.cli.output': mapped({ type: 'string', enum: ['stdout', 'stderr', 'both'] }, 'standard output alone'),
  'spec.cli.working_dir': refused(
    'string',
    'A program of pawl starts in an empty folder of its own.',
    'Give the program the path as an argument, or remove `working_dir`.',
  ),
  'spec.cli.env.*': mapped('string', '`Tool.spec.cli.env[]`'),
  'spec.cli.env_from[].name': mapped({ type: 'string', required: true }, '`Tool.spec.cli.env[].name`'),
  'spec.cli.env_from[].secretRef': mapped({ type: 'string', required: true }, '`Tool.spec.cli.env[].secretRef.name`'),
  'spec.cli.env_from[].key': mapped('string', '`Tool.spec.cli.env[].secretRef.key`'),
  'spec.cli.resources.memory': mapped('string', '`Tool.spec.isolation.memory`'),
  'spec.cli.resources.cpus': ignored('any', 'pawl bounds the processor time of a call, and not the share of it.'),
  'spec.cli.resources.pids_limit': ignored('any', 'The container tier of pawl bounds processes by itself.'),
  'spec.wasm.module': mapped({ type: 'string', required: true }, '`Tool.spec.wasm.module`'),
  'spec.wasm.entrypoint': mapped('string', '`Tool.spec.wasm.export`'),
  'spec.wasm.max_memory_bytes': mapped({ type: 'integer', min: 0 }, '`Tool.spec.wasm.memory`'),
  'spec.wasm.fuel': mapped({ type: 'integer', min: 0 }, '`Tool.spec.wasm.fuel`'),
  'spec.wasm.enable_wasi': mapped('boolean', 'none: a module of pawl has no system interface'),
  'spec.wasm.image_pull_secret': pullSecret,
  'spec.a2a.agent_url': mapped({ type: 'string', required: true }, '`Agent.spec.runtime.external.url`'),
  'spec.a2a.protocol_version': ignored('string', 'pawl takes the version from the card of the agent.'),
  'spec.a2a.prefer_streaming': ignored('boolean', 'pawl waits for the whole answer.'),
  'spec.capabilities[]': mapped('string', 'a ToolPermission for each agent with roles that Orloj asks for them'),
  'spec.operation_classes[]': mapped(
    { type: 'string', enum: ['read', 'write', 'delete', 'admin'] },
    '`Tool.spec.operation`',
  ),
  'spec.risk_level': mapped({ type: 'string', enum: ['low', 'medium', 'high', 'critical'] }, '`Tool.spec.risk`'),
  'spec.runtime.timeout': mapped('string', '`Tool.spec.timeout`'),
  'spec.runtime.isolation_mode': mapped(
    { type: 'string', enum: ['none', 'sandboxed', 'container', 'wasm', 'kubernetes'] },
    '`Tool.spec.isolation.min`',
  ),
  'spec.runtime.retry.max_attempts': mapped('integer', '`Tool.spec.retry.maxAttempts`'),
  'spec.runtime.retry.backoff': mapped('string', '`Tool.spec.retry.backoff.initial`'),
  'spec.runtime.retry.max_backoff': mapped('string', '`Tool.spec.retry.backoff.max`'),
  'spec.runtime.retry.jitter': mapped(
    { type: 'string', enum: ['none', 'full', 'equal'] },
    '`Tool.spec.retry.backoff.jitter`',
  ),
  'spec.auth.profile': mapped(
    { type: 'string', enum: ['bearer', 'api_key_header', 'basic', 'oauth2_client_credentials'] },
    '`Tool.spec.auth.profile`',
  ),
  'spec.auth.secretRef': mapped('string', '`Tool.spec.auth.secretRef`, key `value`'),
  'spec.auth.headerName': mapped('string', '`Tool.spec.auth.headerName`'),
  'spec.auth.tokenURL': mapped('string', '`Tool.spec.auth.tokenUrl`'),
  'spec.auth.scopes[]': mapped('string', '`Tool.spec.auth.scopes`'),
};
