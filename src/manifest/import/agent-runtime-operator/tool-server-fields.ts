import { type FieldTable, ignored, mapped } from '../field-table.ts';
import { metadataFields } from '../metadata-fields.ts';
import { clusterEnvironment, clusterMetadata } from './cluster-fields.ts';

const stays = 'The server goes on running in the cluster, and pawl calls it at its Service.';

export const toolServerFields: FieldTable = {
  ...metadataFields,
  ...clusterMetadata,
  ...clusterEnvironment,
  'spec.protocol': mapped({ type: 'string', enum: ['mcp'] }, 'the kind: McpServer'),
  'spec.transportType': mapped(
    { type: 'string', enum: ['http', 'sse'] },
    '`McpServer.spec.transport`; `sse` is refused',
  ),
  'spec.port': mapped({ type: 'integer', min: 1, max: 65_535 }, '`McpServer.spec.url`'),
  'spec.path': mapped({ type: 'string', pattern: '^/.*' }, '`McpServer.spec.url`'),
  'spec.image': ignored({ type: 'string', required: true, minLength: 1 }, stays),
  'spec.command': ignored('list', stays),
  'spec.args': ignored('list', stays),
  'spec.imagePullSecrets': ignored('list', stays),
  'spec.replicas': ignored({ type: 'integer', min: 0 }, stays),
  'spec.resources': ignored('map', stays),
};
