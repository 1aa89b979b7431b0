import type { Dialect } from '../dialect.ts';
import { agent } from './agent.ts';
import { agentHarness } from './agent-harness.ts';
import { agentTemplate } from './agent-template.ts';
import { agentV1alpha1 } from './agent-v1alpha1.ts';
import { harness } from './harness.ts';
import { mcpServer } from './mcp-server.ts';
import { mcpService } from './mcp-service.ts';
import { memory } from './memory.ts';
import { modelConfigs } from './model-config.ts';
import { modelProviderConfig } from './model-provider-config.ts';
import { remoteMcpServer } from './remote-mcp-server.ts';
import { sandboxAgent } from './sandbox-agent.ts';
import { toolServer } from './tool-server.ts';

/** kagent and kmcp, in the three versions of their API. */
export const kagent: Dialect = {
  name: 'kagent',
  title: 'kagent',
  kinds: [
    agentV1alpha1,
    agent,
    sandboxAgent,
    agentTemplate,
    harness,
    agentHarness,
    ...modelConfigs,
    modelProviderConfig,
    remoteMcpServer,
    mcpServer,
    mcpService,
    toolServer,
    memory,
  ],
};
