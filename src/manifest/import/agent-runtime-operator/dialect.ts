import type { Dialect } from '../dialect.ts';
import { agent } from './agent.ts';
import { agentGateway } from './agent-gateway.ts';
import { aiGateway } from './ai-gateway.ts';
import { gatewayClasses } from './gateway-classes.ts';
import { guard } from './guard.ts';
import { guardrailProvider } from './guardrail-provider.ts';
import { agentRuntimeConfiguration } from './runtime-configuration.ts';
import { toolGateway } from './tool-gateway.ts';
import { toolRoute } from './tool-route.ts';
import { toolServer } from './tool-server.ts';
import { agenticWorkforce } from './workforce.ts';

/** The Agent Runtime Operator of the Agentic Layer. */
export const agentRuntimeOperator: Dialect = {
  name: 'agent-runtime-operator',
  title: 'Agent Runtime Operator',
  kinds: [
    agent,
    agenticWorkforce,
    toolServer,
    toolRoute,
    agentRuntimeConfiguration,
    agentGateway,
    aiGateway,
    toolGateway,
    ...gatewayClasses,
    guard,
    guardrailProvider,
  ],
};
