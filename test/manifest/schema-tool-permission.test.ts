import { describe } from 'vitest';
import { testSchema } from './schema-cases.ts';

const approval = { approvers: { groups: ['leads'], users: ['octocat', 'oidc:ada@example.com'], min: 2 } };
const ask = [{ operation: 'write', verdict: 'ask' }];

describe('a ToolPermission', () => {
  testSchema({
    kind: 'ToolPermission',
    accepted: {
      'for some agents': {
        description: 'Refunds cost money',
        toolRef: 'refund',
        required: ['capability:billing', 'tool:refund:write'],
        match: 'any',
        agents: ['triage', 'shared/closer'],
      },
      'for all, with an approval': {
        toolRef: 'refund',
        global: true,
        rules: [
          { operation: 'write', verdict: 'ask' },
          { operation: 'delete', verdict: 'deny' },
          { operation: 'read', verdict: 'allow' },
        ],
        approval: { ...approval, ttl: '30m', fourEyes: false, batch: { max: 20, same: ['to'] } },
      },
      'that asks whoever may approve': { toolRef: 'refund', global: true, rules: ask },
    },
    refused: {
      'for nobody': [{ toolRef: 't' }, 'manifest.exactly_one spec Add one of them.'],
      'for some and for all': [{ toolRef: 't', agents: ['a'], global: true }, 'manifest.exactly_one spec'],
      'global that is false': [{ toolRef: 't', global: false }, 'manifest.value spec.global'],
      'no required permission': [{ toolRef: 't', global: true, required: [] }, 'manifest.limit spec.required'],
      'two rules for one operation': [
        { toolRef: 't', global: true, rules: [...ask, { operation: 'write', verdict: 'deny' }] },
        'manifest.duplicate_entry spec.rules.1.operation Keep one of the two.',
      ],
      'approvers where nothing is asked': [
        { toolRef: 't', global: true, approval },
        'manifest.contradiction spec.approval Add a rule with `verdict: ask`, or remove it.',
      ],
      'approvers who are nobody': [
        { toolRef: 't', global: true, rules: ask, approval: { approvers: { min: 1 } } },
        'manifest.required spec.approval.approvers Add one of them.',
      ],
      'more approvals than approvers': [
        { toolRef: 't', global: true, rules: ask, approval: { approvers: { users: ['ada'], min: 2 } } },
        'manifest.limit spec.approval.approvers.min Name more, name a group, or lower `min`.',
      ],
      'a request that waits for days': [
        { toolRef: 't', global: true, rules: ask, approval: { ...approval, ttl: '25h' } },
        'manifest.limit spec.approval.ttl Shorten it',
      ],
      'a user with a space': [
        { toolRef: 't', global: true, rules: ask, approval: { approvers: { users: ['a b'] } } },
        'manifest.format spec.approval.approvers.users.0 A GitHub login',
      ],
    },
  });
});
