import { expect, test } from 'vitest';
import { manifest, resolveTexts } from './manifests.ts';

const found = (memory: string, use: string) =>
  resolveTexts({
    'memory.yaml': manifest('Memory', 'notes', memory),
    'agent.yaml': manifest('Agent', 'keeper', `{modelRef: m, prompt: Keep., memory: ${use}}`),
  }).problems.filter(({ code }) => code === 'memory.no_long_term');

test('an agent that allows itself operations of a memory without a long term is told so', () => {
  expect(found('{type: postgres}', '{memoryRef: notes, allow: [write]}')).toMatchObject([
    {
      severity: 'error',
      message: 'Memory/default/notes keeps sessions only, so that `allow` gives the agent nothing.',
    },
  ]);
});

test('sessions alone, and a memory with a long term, are fine', () => {
  expect(found('{type: postgres}', '{memoryRef: notes}')).toEqual([]);
  expect(found('{type: postgres, longTerm: {}}', '{memoryRef: notes, allow: [write]}')).toEqual([]);
});
