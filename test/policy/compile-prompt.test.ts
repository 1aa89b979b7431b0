import { expect, test } from 'vitest';
import { compileBundle } from '../../src/policy/compile.ts';
import { manifest, resolveTexts } from '../manifest/manifests.ts';

const model = '{provider: openaiCompatible, model: s, baseUrl: "https://models.example.com/v1"}';

function bundleOf(agent: string, tone = 'Be kind.') {
  const { resources, problems } = resolveTexts(
    {
      'agent.yaml': manifest('Agent', 'clerk', agent),
      'library.yaml': manifest('PromptLibrary', 'house', JSON.stringify({ prompts: { tone } })),
      'model.yaml': manifest('ModelEndpoint', 'small', model),
      'system.yaml': manifest('AgentSystem', 'desk', '{graph: {work: {agentRef: clerk}}}'),
    },
    { prompts: {} },
  );
  const system = resources.get('AgentSystem/default/desk');
  if (system === undefined) throw new Error(problems.map(({ message }) => message).join(' '));
  return compileBundle(system, resources);
}

test('a bundle holds the prompt with its fragments, and what a run has to know of its inputs', () => {
  const { content } = bundleOf(
    '{modelRef: small, prompt: "{{name}}: {{> house/tone }}", inputs: {name: {description: Who it is}}}',
  );
  expect(content.agents['default/clerk']).toMatchObject({
    prompt: '{{ name }}: Be kind.',
    inputs: { name: { type: 'string', required: true } },
  });
  expect(content.agents['default/clerk']?.inputs?.['name']).not.toHaveProperty('description');
});

test('a bundle says by its engine schema that a worker must know placeholders, and only where it has any', () => {
  expect(bundleOf('{modelRef: small, prompt: "{{> house/tone }}"}').content.engineSchema).toBe(1);
  expect(bundleOf('{modelRef: small, prompt: "Write \\\\{{ x }}."}').content.engineSchema).toBe(2);
  expect(bundleOf('{modelRef: small, prompt: "{{ x }}", inputs: {x: {}}}').content.engineSchema).toBe(2);
});

test('a changed text of a library is another bundle', () => {
  const agent = '{modelRef: small, prompt: "{{> house/tone }}"}';
  expect(bundleOf(agent).digest).not.toBe(bundleOf(agent, 'Be brief.').digest);
});
