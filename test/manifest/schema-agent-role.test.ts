import { describe } from 'vitest';
import { testSchema } from './schema-cases.ts';

describe('an AgentRole', () => {
  testSchema({
    kind: 'AgentRole',
    accepted: {
      'with permissions': {
        description: 'For those who answer customers',
        owner: 'support',
        permissions: ['tool:search:read', 'tool:*:read', 'tool:mail:*', 'capability:billing', 'capability:*'],
      },
      'that permits nothing': { permissions: [] },
    },
    refused: {
      'no permissions': [{}, 'manifest.required spec Add `permissions`.'],
      'a permission twice': [
        { permissions: ['tool:a:read', 'tool:a:read'] },
        'manifest.duplicate_entry spec.permissions Keep one of the two.',
      ],
      'an operation that is none': [
        { permissions: ['tool:a:write2'] },
        'manifest.format spec.permissions.0 `tool:<name>',
      ],
      'a star within a part': [{ permissions: ['tool:a*:read'] }, 'manifest.format spec.permissions.0'],
      'the name of another namespace': [{ permissions: ['tool:other/a:read'] }, 'manifest.format spec.permissions.0'],
    },
  });
});
