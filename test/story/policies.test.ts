import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { JsonObject } from '../../src/manifest/json.ts';
import type { Kind, Resource } from '../../src/manifest/resource.ts';
import { compileBundle } from '../../src/policy/compile.ts';
import { mapOf, model, resource, system, tool } from '../plan/fixture.ts';

interface Written {
  readonly kind: Kind;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: JsonObject;
}

test('the example of docs/policies.md merges as its table says', async () => {
  const text = await readFile(new URL('../../docs/policies.md', import.meta.url), 'utf8');
  const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(text) ?? [];
  const written = parseAllDocuments(example).map((document): Resource => {
    const { kind, metadata, spec } = document.toJS() as Written;
    return resource({ kind, ...metadata, spec });
  });
  const inSupport = { namespace: 'support' };
  const desk = system('desk', { work: { agentRef: 'clerk', edges: [] } }, inSupport);
  const estate = [
    ...written,
    model('small', {}, inSupport),
    tool('look', { operation: ['read'] }, inSupport),
    tool('refund', { operation: ['write'] }, inSupport),
    desk,
  ];
  const { subjects } = compileBundle(desk, mapOf(estate)).authority;
  expect(subjects['Agent/support/clerk']).toMatchObject({
    tools: {
      'support/look': { kind: 'allow', rule: 'AgentRole/support/desk' },
      'support/refund': { kind: 'ask', rule: 'AgentRole/support/desk', asks: ['ToolPermission/support/refund'] },
    },
    limits: { maxSteps: 8 },
    conditions: [{ id: 'AgentPolicy/support/house#small', kind: 'denyUnless' }],
    flow: [{ when: ['privateRead', 'untrustedRead'], what: 'deny', target: 'externalWrite' }],
    approvals: { 'ToolPermission/support/refund': { ttlMs: 1_800_000, approvers: { groups: ['finance'], min: 2 } } },
  });
});
