import { expect, test } from 'vitest';
import type { Json } from '../../src/manifest/json.ts';
import type { ModelRequest } from '../../src/models/model.ts';
import { compileBundle } from '../../src/policy/compile.ts';
import { importTexts } from '../support/import.ts';
import { runInMemory } from '../support/memory-executor.ts';

const head = (kind: string, name: string) =>
  `---\napiVersion: kagent.dev/v1alpha1\nkind: ${kind}\nmetadata: { name: ${name}, namespace: desk }\n`;

function agents(...names: readonly string[]): string {
  const model = '{ provider: vllm, name: small, endpoint: "http://vllm:8000/v1", maxTokens: 100 }';
  return names
    .map((name) => `${head('Agent', name)}spec: { model: ${model}, systemPrompt: You are ${name}. }\n`)
    .join('');
}

/** Runs an imported workflow; each agent answers by its name, what `says` gives for how often it was asked. */
async function play(yaml: string, says: (agent: string, time: number) => string) {
  const { resolved, said } = importTexts(yaml);
  expect(said.filter((one) => /^(refused|dropped)/.test(one))).toEqual([]);
  const system = resolved.resources.get('AgentSystem/desk/team');
  if (system === undefined) throw new Error('the workflow was not imported');
  const { content, authority } = compileBundle(system, resolved.resources);
  const order: string[] = [];
  const input: Json = { topic: 'tides' };
  const answer = (request: ModelRequest) => {
    const agent = request.agent.replace('desk/', '');
    order.push(agent);
    const time = order.filter((one) => one === agent).length;
    return { text: says(agent, time), toolCalls: [], usage: undefined, model: 'small', finish: 'stop' } as const;
  };
  const { run } = await runInMemory({ bundle: content, authority, input, models: { small: answer } });
  return { run, order };
}

test('steps run in the order in which they are written', async () => {
  const { run, order } = await play(
    `${agents('plan', 'write')}${head('Workflow', 'team')}spec:
  steps: [{ name: one, agent: plan }, { name: two, agent: write }]
  output: { text: "{{ steps.two.output }}" }
`,
    (agent) => `${agent} done`,
  );
  expect(run).toMatchObject({ state: 'Succeeded', output: { text: 'write done' } });
  expect(order).toEqual(['plan', 'write']);
});

test('parallel steps meet again in the step after them', async () => {
  const { run, order } = await play(
    `${agents('web', 'books', 'merge')}${head('Workflow', 'team')}spec:
  steps:
    - { name: web, agent: web, parallel: true }
    - { name: books, agent: books, parallel: true }
    - { name: merge, agent: merge, input: { found: ["{{ steps.web.output }}", "{{ steps.books.output }}"] } }
`,
    (agent) => agent,
  );
  expect(run.state).toBe('Succeeded');
  expect([...order].sort()).toEqual(['books', 'merge', 'web']);
  expect(order.at(-1)).toBe('merge');
});

test('a choice runs one of two steps, and the step after both', async () => {
  const { run, order } = await play(
    `${agents('sort', 'page', 'reply', 'log')}${head('Workflow', 'team')}spec:
  steps:
    - { name: sort, agent: sort, switch: [{ when: 'output == "urgent"', next: page }], default: reply }
    - { name: page, agent: page }
    - { name: reply, agent: reply }
    - { name: log, agent: log }
`,
    (agent) => (agent === 'sort' ? 'urgent' : agent),
  );
  expect(run.state).toBe('Succeeded');
  expect(order).toEqual(['sort', 'page', 'log']);
});

test('a loop ends by its condition, and at its bound at the latest', async () => {
  const yaml = `${agents('improve')}${head('Workflow', 'team')}spec:
  steps: [{ name: improve, agent: improve, loop: { until: 'output == "good"', maxIterations: 3 } }]
`;
  const ended = await play(yaml, (_, time) => (time === 2 ? 'good' : 'bad'));
  expect(ended.run.state).toBe('Succeeded');
  expect(ended.order).toHaveLength(2);
  expect((await play(yaml, () => 'bad')).order).toHaveLength(3);
});
