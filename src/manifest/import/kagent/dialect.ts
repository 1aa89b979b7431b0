import type { Dialect } from '../dialect.ts';
import { mcpServer } from './mcp-server.ts';
import { mcpService } from './mcp-service.ts';
import { memory } from './memory.ts';
import { modelConfigs } from './model-config.ts';
import { modelProviderConfig } from './model-provider-config.ts';
import { remoteMcpServer } from './remote-mcp-server.ts';
import { toolServer } from './tool-server.ts';

/** kagent and kmcp, in the three versions of their API. */
export const kagent: Dialect = {
  name: 'kagent',
  title: 'kagent',
  kinds: [...modelConfigs, modelProviderConfig, remoteMcpServer, mcpServer, mcpService, toolServer, memory],
};
