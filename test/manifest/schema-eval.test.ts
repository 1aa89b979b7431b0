import { describe } from 'vitest';
import type { JsonObject } from '../../src/manifest/json.ts';
import { testSchema } from './schema-cases.ts';

const one = { name: 'angry', input: { ticket: 'I was charged twice.' } };
const evalOf = (expect: JsonObject) => ({ systemRef: 'support', cases: [{ ...one, expect }] });

describe('an Eval', () => {
  testSchema({
    kind: 'Eval',
    accepted: {
      'with every expectation': {
        description: 'What support must get right',
        owner: 'support',
        systemRef: 'support',
        cases: [
          {
            ...one,
            description: 'An angry customer',
            expect: {
              phase: 'Succeeded',
              equals: { priority: 'high' },
              includes: { priority: 'high' },
              schema: { type: 'object' },
              contains: ['sorry'],
              notContains: ['password'],
              matches: '(?i)refund',
              expr: 'size(output.reply) < 500 && input.ticket != ""',
              calls: ['search'],
              notCalls: ['refund'],
              maxTokens: 5000,
              maxCost: '0.05',
              maxDuration: '30s',
            },
          },
          { name: 'empty', input: null, expect: { phase: 'Failed', notCalls: ['search'] } },
        ],
        threshold: 0.9,
        repeat: 3,
        timeout: '1m',
      },
      'that expects no more than an answer': evalOf({}),
    },
    refused: {
      'no cases': [{ systemRef: 's', cases: [] }, 'manifest.limit spec.cases'],
      'two cases of one name': [
        {
          systemRef: 's',
          cases: [
            { ...one, expect: { phase: 'Failed' } },
            { ...one, expect: { phase: 'Failed' } },
          ],
        },
        'manifest.duplicate_entry spec.cases.1.name',
      ],
      'an output of what fails': [
        evalOf({ phase: 'Failed', contains: ['a'] }),
        'manifest.contradiction spec.cases.0.expect.contains',
      ],
      'a pattern with a look-around': [
        evalOf({ matches: '(?<!a)b' }),
        'manifest.pattern spec.cases.0.expect.matches Write it without look-around',
      ],
      'an expression that reads a graph': [
        evalOf({ expr: 'nodes.a.output == 1' }),
        'expression.unknown_variable spec.cases.0.expect.expr It can read `input`, `output`.',
      ],
      'a schema that is none': [evalOf({ schema: { type: 'objekt' } }), 'schema.shape spec.cases.0.expect.schema.type'],
      'a call that must and must not be': [
        evalOf({ calls: ['a'], notCalls: ['a'] }),
        'manifest.contradiction spec.cases.0.expect.notCalls.0 Remove it from one of the lists.',
      ],
      'a text that must and must not be': [
        evalOf({ contains: ['a'], notContains: ['b', 'a'] }),
        'manifest.contradiction spec.cases.0.expect.notContains.1',
      ],
      'an expression as input': [
        { systemRef: 's', cases: [{ ...one, input: '${ x }', expect: { phase: 'Failed' } }] },
        'manifest.contradiction spec.cases.0.input',
      ],
      'a threshold in percent': [
        { ...evalOf({ phase: 'Failed' }), threshold: 90 },
        'manifest.limit spec.threshold The share of the cases',
      ],
      'money too fine': [evalOf({ maxCost: 0.0000001 }), 'manifest.money spec.cases.0.expect.maxCost'],
    },
  });
});
