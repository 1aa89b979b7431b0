import { expect, test } from 'vitest';
import { toolClasses } from '../../src/policy/data-class.ts';
import { resource } from '../plan/fixture.ts';
import { base, compile, writer } from './estate.ts';

const form = { type: 'object', required: ['ok'] } as const;
const asks = resource({
  kind: 'Tool',
  name: 'ask-desk',
  spec: {
    type: 'human',
    description: 'Asks the desk.',
    inputSchema: { type: 'object' },
    operation: ['write'],
    risk: 'medium',
    idempotent: false,
    timeout: '30s',
    maxResultBytes: 1024,
    human: { assignees: { groups: ['desk', 'away'] }, form, ttl: '2d' },
  },
});
const using = (spec: object = {}) => [...base, asks, writer({ tools: [{ toolRef: 'ask-desk' }], ...spec })];

test('a tool of people compiles to whom it asks, what they fill in and how long they have', () => {
  const { content } = compile(using());
  expect(content.engineSchema).toBe(5);
  expect(content.tools['default/ask-desk']?.impl).toEqual({
    type: 'human',
    assignees: { groups: ['away', 'desk'], users: [] },
    form,
    ttlMs: 172_800_000,
  });
});

test('what people answer may be private, and goes nowhere by being asked', () => {
  const tool = compile(using()).content.tools['default/ask-desk'];
  expect(tool && toolClasses(tool)).toEqual(['privateRead']);
});
