import type { Json } from '../../json.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignKind } from '../dialect.ts';
import { ignored, mapped } from '../field-table.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { given } from '../given.ts';
import { isPrivateUrl } from '../private-url.ts';
import { literal } from './environment.ts';
import { orlojMetadata, orlojVersions } from './orloj-metadata.ts';
import { orlojSecret } from './secret-reference.ts';
import { toolAuth } from './tool-auth.ts';
import { durationOf } from './tool-runtime.ts';

const knobs = 'Resources of the machine are given where workers of pawl run.';

/** A server of tools: a program, a container or an address. */
export const mcpServer: ForeignKind = {
  kind: 'McpServer',
  apiVersions: orlojVersions,
  fields: {
    ...orlojMetadata,
    'spec.transport': mapped(
      { type: 'string', required: true, enum: ['stdio', 'http'] },
      '`McpServer.spec.transport`: `container` where there is an image',
    ),
    'spec.command': mapped('string', '`McpServer.spec.command`'),
    'spec.args[]': mapped('string', '`McpServer.spec.args`'),
    'spec.image': mapped('string', '`McpServer.spec.image`'),
    'spec.image_pull_secret': ignored('string', 'Workers pull images with the credentials of their container engine.'),
    'spec.env[].name': mapped({ type: 'string', required: true }, '`McpServer.spec.env[].name`'),
    'spec.env[].value': mapped('string', '`McpServer.spec.env[].value`'),
    'spec.env[].secretRef': mapped('string', '`McpServer.spec.env[].secretRef`, key `value`'),
    'spec.env[].mountPath': mapped('string', '`McpServer.spec.env[].mountPath`'),
    'spec.endpoint': mapped('string', '`McpServer.spec.url`'),
    'spec.auth.secretRef': mapped('string', '`McpServer.spec.auth.secretRef`, key `value`'),
    'spec.auth.profile': mapped(
      { type: 'string', enum: ['bearer', 'api_key_header', 'basic', 'oauth2_client_credentials'] },
      '`McpServer.spec.auth.profile`',
    ),
    'spec.auth.headerName': mapped('string', '`McpServer.spec.auth.headerName`'),
    'spec.auth.tokenURL': mapped('string', '`McpServer.spec.auth.tokenUrl`'),
    'spec.auth.scopes[]': mapped('string', '`McpServer.spec.auth.scopes`'),
    'spec.tool_filter.include[]': mapped('string', '`McpServer.spec.tools.allow`'),
    'spec.reconnect.max_attempts': mapped('integer', '`McpServer.spec.maxRestarts`'),
    'spec.reconnect.backoff': ignored('string', 'pawl spaces restarts by itself.'),
    'spec.idle_timeout': mapped('string', '`McpServer.spec.idleTimeout`'),
    'spec.resources': ignored('any', knobs),
    'spec.default_tool_runtime.timeout': mapped('string', '`McpServer.spec.callTimeout`'),
    'spec.default_tool_runtime.isolation_mode': ignored('string', 'The server itself is what is isolated.'),
    'spec.default_tool_runtime.retry': ignored('any', 'pawl makes a call of a server once.'),
    'spec.allowPrivate': mapped('boolean', '`McpServer.spec.allowPrivate`'),
  },
  rules,
  fate: { fate: 'mapped', becomes: 'McpServer', convert },
};

function rules({ spec }: ForeignDocument): void {
  const transport = spec.get('transport');
  if (transport.value === 'http' && !spec.get('endpoint').exists)
    transport.refuse({ code: 'import.schema', message: 'A server of transport http needs an `endpoint`.' });
  if (transport.value === 'stdio' && !spec.get('command').exists && !spec.get('image').exists)
    transport.refuse({
      code: 'import.schema',
      message: 'A server of transport stdio needs a `command` or an `image`.',
    });
}

function convert(document: ForeignDocument, conversion: Conversion): void {
  const { spec } = document;
  const isRemote = spec.get('transport').text() === 'http';
  const block = isRemote ? remote(spec, conversion) : local(spec, conversion);
  const allow = allowedTools(spec.at('tool_filter', 'include'));
  document.root
    .at('metadata', 'name')
    .flag(
      'import.unpinned',
      'Orloj takes what the server says of its tools. Here it can be planned with `pin: onDeclare`, and no model is offered its tools until `pawl mcp pin` has put them into `pawl.lock.yaml`.',
    );
  conversion.become(
    document,
    given({
      ...block,
      idleTimeout: durationOf(spec.get('idle_timeout')),
      callTimeout: durationOf(spec.at('default_tool_runtime', 'timeout')),
      maxRestarts: restartsOf(spec.at('reconnect', 'max_attempts')),
      tools: allow.length === 0 ? undefined : { allow },
      defaults: { operation: 'read', risk: 'low' },
      pin: 'onDeclare',
    }),
    [
      'Orloj takes every tool of a server for a read of low risk: say in `defaults` what they are.',
      ...(isRemote || spec.get('idle_timeout').exists
        ? []
        : [
            'Orloj keeps the server running; pawl stops it when it was idle for `idleTimeout`, 5m, and starts it again.',
          ]),
    ],
  );
}

function remote(spec: ForeignNode, conversion: Conversion): Readonly<Record<string, Json>> {
  leave(spec, ['command', 'args', 'image', 'env'], 'A server of transport http is not started.');
  const node = spec.get('endpoint');
  const url = node.text()?.trim() ?? '';
  if (!/^https?:\/\/[^\s@\\]+$/.test(url))
    node.refuse({ message: 'This is no address of HTTP without credentials.', help: 'Write `https://…`.' });
  const allowPrivate = spec.get('allowPrivate').boolean() === true;
  if (isPrivateUrl(url) && !allowPrivate) {
    const message =
      'The host looks like one of a private network, to which neither Orloj nor pawl connects. If it is meant, write `allowPrivate: true`.';
    node.flag('import.stricter', message);
  }
  const auth = toolAuth(spec.get('auth'), conversion)?.auth;
  return given({ transport: 'http', url, auth, allowPrivate: allowPrivate ? true : undefined });
}

function local(spec: ForeignNode, conversion: Conversion): Readonly<Record<string, Json>> {
  leave(spec, ['endpoint', 'auth', 'allowPrivate'], 'A server that is started has no address.');
  const image = spec.get('image').text()?.trim() ?? '';
  const args = spec.get('args').texts();
  const env = spec
    .get('env')
    .items()
    .map((node) => variable(node, conversion));
  spec
    .get('transport')
    .flag(
      'import.stricter',
      'The server may connect anywhere in Orloj. Here it connects nowhere until `egress: {hosts: […]}` names its hosts.',
    );
  return given({
    transport: image === '' ? 'stdio' : 'container',
    command: spec.get('command').text(),
    args: args.length === 0 ? undefined : [...args],
    image: image === '' ? undefined : image,
    env: env.length === 0 ? undefined : env,
  });
}

function variable(node: ForeignNode, conversion: Conversion): Json {
  const name = node.get('name').text() ?? '';
  const secretRef = orlojSecret(node.get('secretRef'), conversion);
  const value = node.get('value');
  const mountPath = node.get('mountPath');
  if (secretRef === undefined) {
    if (mountPath.exists)
      mountPath.refuse({ message: 'Only a Secret becomes a file.', help: 'Name it in `secretRef`.' });
    return literal(name, value, conversion);
  }
  if (value.exists) value.ignore('The Secret is what counts.');
  return given({ name, secretRef, mountPath: mountPath.text() });
}

/** Exact names in Orloj; what would be a glob here is none there. */
function allowedTools(node: ForeignNode): string[] {
  return node.items().flatMap((item) => {
    const name = item.text()?.trim() ?? '';
    if (/^[A-Za-z0-9_./-]+$/.test(name)) return [name];
    item.drop({ message: 'No tool of a server has such a name in pawl.', help: 'Write exact names of tools.' });
    return [];
  });
}

const restartsMax = 100;

function restartsOf(node: ForeignNode): number | undefined {
  const attempts = node.number();
  return attempts === undefined || attempts <= 0 ? undefined : Math.min(attempts, restartsMax);
}

function leave(spec: ForeignNode, fields: readonly string[], reason: string): void {
  for (const field of fields) if (spec.get(field).exists) spec.get(field).ignore(reason);
}
