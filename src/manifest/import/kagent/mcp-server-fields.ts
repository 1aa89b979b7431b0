import { ignored, mapped, refused, type FieldTable } from '../field-table.ts';
import { metadataFields } from '../metadata-fields.ts';

const pod = 'pawl starts the server by itself: there is no pod to shape.';
const pull = 'How an image is pulled is a matter of the worker that runs it.';
const adapter = 'The adapter in front of the server is kmcp’s own: pawl speaks to the server itself.';
const pullPolicy = { type: 'string', enum: ['Always', 'Never', 'IfNotPresent'] } as const;

/** kmcp’s MCPServer. */
export const mcpServerFields: FieldTable = {
  ...metadataFields,
  'spec.deployment': mapped({ type: 'map', required: true }, '`McpServer.spec`'),
  'spec.deployment.affinity': ignored('any', pod),
  'spec.deployment.annotations': ignored('any', pod),
  'spec.deployment.args[]': mapped('string', '`McpServer.spec.args`'),
  'spec.deployment.cmd': mapped('string', '`McpServer.spec.command`'),
  'spec.deployment.configMapRefs[].name': ignored('string', 'A ConfigMap as files of a pod: pawl mounts no folders.'),
  'spec.deployment.env': mapped('any', '`McpServer.spec.env`'),
  'spec.deployment.image': mapped('string', '`McpServer.spec.image`'),
  'spec.deployment.imagePullPolicy': ignored(pullPolicy, pull),
  'spec.deployment.imagePullSecrets': ignored('any', pull),
  'spec.deployment.initContainer.image': ignored('string', adapter),
  'spec.deployment.initContainer.imagePullPolicy': ignored(pullPolicy, adapter),
  'spec.deployment.initContainer.resources': ignored('any', adapter),
  'spec.deployment.initContainer.securityContext': ignored('any', adapter),
  'spec.deployment.labels': ignored('any', pod),
  'spec.deployment.nodeSelector': ignored('any', pod),
  'spec.deployment.podSecurityContext': ignored('any', pod),
  'spec.deployment.port': mapped('integer', 'the port of `McpServer.spec.url`, of a server that speaks HTTP'),
  'spec.deployment.replicas': ignored(
    'integer',
    'pawl starts a server when it is needed, and stops it when it is idle.',
  ),
  'spec.deployment.resources': ignored('any', pod),
  'spec.deployment.secretRefs[].name': mapped('string', '`McpServer.spec.env`, a variable for each key'),
  'spec.deployment.securityContext': ignored('any', pod),
  'spec.deployment.serviceAccount': ignored('any', 'A server of pawl’s has no account in a cluster.'),
  'spec.deployment.serviceAccountName': ignored('string', 'A server of pawl’s has no account in a cluster.'),
  'spec.deployment.sidecars': refused(
    'list',
    'The server works with other containers in its pod, and pawl starts one container.',
    'Run it where it runs, and declare a RemoteMCPServer with its URL.',
  ),
  'spec.deployment.tolerations': ignored('any', pod),
  'spec.deployment.volumeMounts': ignored('any', pod),
  'spec.deployment.volumes': ignored('any', pod),
  'spec.httpTransport': mapped('map', '`McpServer.spec.transport: http`'),
  'spec.httpTransport.path': mapped('string', 'the adapter’s business: kmcp serves every server at `/mcp`'),
  'spec.httpTransport.targetPort': mapped('integer', 'the adapter’s business: kmcp serves it at `deployment.port`'),
  'spec.httpTransport.tls.insecureSkipVerify': ignored('boolean', adapter),
  'spec.httpTransport.tls.secretRef': ignored('string', adapter),
  'spec.stdioTransport': mapped('map', '`McpServer.spec.transport: container`'),
  'spec.timeout': mapped('string', '`McpServer.spec.callTimeout`'),
  'spec.transportType': mapped({ type: 'string', enum: ['stdio', 'http'] }, '`McpServer.spec.transport`'),
};
