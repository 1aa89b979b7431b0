import { describe } from 'vitest';
import { testSchema } from './schema-cases.ts';

describe('a Workforce', () => {
  testSchema({
    kind: 'Workforce',
    accepted: {
      'with its owner': {
        description: 'Answers customers',
        displayName: 'Customer support',
        owner: 'support',
        entryAgents: ['triage', 'shared/closer'],
        tags: ['support', 'tier-1'],
      },
    },
    refused: {
      'of nobody': [{ entryAgents: ['a'] }, 'manifest.required spec Add `owner`.'],
      'of no agents': [{ owner: 'o', entryAgents: [] }, 'manifest.limit spec.entryAgents'],
      'an agent twice': [{ owner: 'o', entryAgents: ['a', 'a'] }, 'manifest.duplicate_entry spec.entryAgents'],
      'a tag with a space': [{ owner: 'o', entryAgents: ['a'], tags: ['a b'] }, 'manifest.format spec.tags.0 A tag.'],
    },
  });
});
