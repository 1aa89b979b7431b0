import { describe } from 'vitest';
import { testSchema } from './schema-cases.ts';

describe('a PromptLibrary', () => {
  testSchema({
    kind: 'PromptLibrary',
    accepted: {
      'texts and files': {
        description: 'What all agents say',
        owner: 'support',
        prompts: {
          tone: 'Be kind.',
          tone_short: { text: 'Be kind, and brief.' },
          escalation: { file: 'prompts/escalation.md' },
        },
      },
    },
    refused: {
      'no prompts': [{}, 'manifest.required spec'],
      'an empty library': [{ prompts: {} }, 'manifest.limit spec.prompts'],
      'an empty prompt': [{ prompts: { tone: '' } }, 'manifest.limit spec.prompts.tone'],
      'a prompt of two sources': [
        { prompts: { tone: { text: 'Be kind.', file: 'tone.md' } } },
        'manifest.exactly_one spec.prompts.tone',
      ],
      'a prompt of no source': [{ prompts: { tone: {} } }, 'manifest.exactly_one spec.prompts.tone'],
      'a key that no prompt could name': [
        { prompts: { 'the tone': 'Be kind.' } },
        'manifest.name spec.prompts.the tone',
      ],
      'a list': [{ prompts: { tone: ['Be kind.'] } }, 'manifest.type spec.prompts.tone'],
    },
  });
});
