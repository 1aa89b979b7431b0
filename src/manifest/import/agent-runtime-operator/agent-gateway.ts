import type { JsonObject } from '../../json.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignKind } from '../dialect.ts';
import { ignored, mapped } from '../field-table.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { durationText, goDurationMs } from '../go-duration.ts';
import { operatorVersions } from './cluster-fields.ts';
import { gatewayFields } from './gateway-fields.ts';
import { restrict } from './gateway-guards.ts';
import { ofKind } from './gateway-routes.ts';
import { flagCredentials } from '../credential.ts';

/** The door through which exposed agents are reached from outside. */
export const agentGateway: ForeignKind = {
  kind: 'AgentGateway',
  apiVersions: operatorVersions,
  fields: {
    ...gatewayFields('agentGatewayClassName'),
    'spec.replicas': ignored(
      { type: 'integer', min: 1 },
      'pawl serves agents itself, in as many servers as are started.',
    ),
    'spec.timeout': mapped('string', '`AgentPolicy.spec.limits.timeout`, for the agents that it serves'),
  },
  fate: { fate: 'mapped', becomes: 'Gateway', convert },
};

function convert(document: ForeignDocument, conversion: Conversion): void {
  const { spec } = document;
  flagCredentials(spec.get('env'));
  const limits = limitsOf(spec.get('timeout'));
  const agents = ofKind('Agent', conversion.estate).filter(
    (agent) => !agent.isRefused && agent.spec.get('exposed').boolean() === true,
  );
  if (agents.length === 0)
    return spec.refuse({
      message: 'No agent of the files is `exposed`, and a gateway in pawl lists the agents that it serves.',
      help: 'Import the agents in the same command.',
    });
  const guardrails = spec.get('guardrails');
  if (guardrails.items().length > 0)
    guardrails.flag(
      'import.stricter',
      'The operator takes guardrails here, and no implementation of agent gateways acts on them; pawl does.',
    );
  const exposes = agents.map((agent) => ({ agentRef: conversion.mention(spec, conversion.identityOf(agent)) }));
  conversion.become(document, { type: 'agent', class: 'builtin', exposes });
  restrict(document, conversion, { agents, ...(limits === undefined ? {} : { limits }) });
}

/** The operator's own 360 seconds are more than an agent of pawl has. */
function limitsOf(timeout: ForeignNode): JsonObject | undefined {
  const text = timeout.text();
  if (text === undefined) return undefined;
  const duration = durationText(goDurationMs(text) ?? 0);
  if (duration !== undefined) return { timeout: duration };
  timeout.refuse({ message: `\`${timeout.field}\` is no duration that pawl has.`, help: 'Write one, such as `360s`.' });
  return undefined;
}
