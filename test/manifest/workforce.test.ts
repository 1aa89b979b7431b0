import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/manifest/json.ts';
import { type Member, membersOf } from '../../src/manifest/workforce.ts';

const agents: Record<string, JsonObject> = {
  'Agent/support/triage': {
    tools: [{ toolRef: 'search' }, { toolRef: 'billing/refund' }, { mcpServerRef: 'crm', tools: ['close', 'find'] }],
    agents: [{ agentRef: 'writer' }, { url: 'https://a.example.com' }],
  },
  'Agent/support/writer': {
    tools: [{ toolRef: 'search' }],
    memory: { memoryRef: 'notes', allow: ['write', 'read'] },
    agents: [{ agentRef: 'triage' }, { agentRef: 'billing/clerk' }, { agentRef: 'nobody' }],
  },
  'Agent/billing/clerk': { tools: [{ toolRef: 'ledger' }] },
  'Agent/support/other': { tools: [{ toolRef: 'secret' }] },
};

const at = (address: string): Member | undefined => {
  const spec = agents[address];
  return spec && { namespace: address.split('/')[1] ?? '', manifest: { spec } };
};
const members = (...entryAgents: string[]) =>
  membersOf({ namespace: 'support', manifest: { spec: { entryAgents } } }, at);

describe('the members of a workforce', () => {
  test('are what its entries reach, in circles too, sorted; what nobody declares is left out', () => {
    expect(members('triage')).toEqual({
      agents: ['Agent/billing/clerk', 'Agent/support/triage', 'Agent/support/writer'],
      tools: [
        'Tool/billing/ledger',
        'Tool/billing/refund',
        'Tool/support/search',
        'mcp:support/crm:close',
        'mcp:support/crm:find',
        'memory:support/notes:read',
        'memory:support/notes:write',
      ],
      elsewhere: ['https://a.example.com'],
    });
  });

  test('are the same whichever entry they are reached from first', () => {
    expect(members('triage', 'writer')).toEqual(members('writer', 'triage'));
    expect(members('writer')).toEqual(members('triage'));
  });
});
