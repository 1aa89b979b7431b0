import { expect, test } from 'vitest';
import { addressOf } from '../../src/manifest/resource.ts';
import type { ModelRequest } from '../../src/models/model.ts';
import { compileBundle } from '../../src/policy/compile.ts';
import { importTexts } from '../support/import.ts';
import { runInMemory } from '../support/memory-executor.ts';

const head = (kind: string, name: string) =>
  `apiVersion: orloj.dev/v1\nkind: ${kind}\nmetadata: { name: ${name}, namespace: desk }\n`;
const model = `${head('ModelEndpoint', 'local')}spec: { provider: ollama, default_model: small }\n`;
const agents = (...names: readonly string[]) =>
  names.map(
    (name) =>
      `${head('Agent', name)}spec: { model_ref: local, prompt: You are ${name}., limits: { max_steps: 3, timeout: 1m } }\n`,
  );
const task = (more: string) =>
  `${head('Task', 'work')}spec: { system: team, mode: template, input: { topic: tides }${more} }\n`;
const files = (...documents: readonly string[]) => [model, ...documents].join('---\n');

/** Runs an imported system; each agent answers by its name, what `says` gives for how often it was asked. */
async function play(yaml: string, says: (agent: string, time: number) => string) {
  const { resolved, said } = importTexts(yaml);
  expect(said.filter((one) => /^(refused|dropped)/.test(one))).toEqual([]);
  const system = resolved.resources.get('AgentSystem/desk/team');
  if (system === undefined) throw new Error('the system was not imported');
  const { content, authority } = compileBundle(system, resolved.resources);
  const asked: { agent: string; given: string }[] = [];
  const { run } = await runInMemory({
    bundle: content,
    authority,
    input: { topic: 'tides' },
    models: {
      small: (request: ModelRequest) => {
        const agent = request.agent.replace('desk/', '');
        const time = asked.filter((one) => one.agent === agent).length + 1;
        const [first] = request.messages;
        const given = first?.role === 'user' ? first.text : '';
        asked.push({ agent, given: /^<data [a-z]+>(.*)<\/data [a-z]+>$/s.exec(given)?.[1] ?? '' });
        return { text: says(agent, time), toolCalls: [], usage: undefined, model: 'small', finish: 'stop' };
      },
    },
  });
  return {
    run,
    asked,
    order: asked.map(({ agent }) => agent),
    resources: [...resolved.resources.values()].map(addressOf),
  };
}

const inOrder = (agent: string, time: number) => `${agent} ${time}`;

test('an imported pipeline hands each answer on, and every agent sees the task', async () => {
  const system = `${head('AgentSystem', 'team')}spec:
  agents: [planner, researcher, writer]
  graph:
    planner: { next: researcher }
    researcher: { edges: [{ to: writer }] }
`;
  const { run, asked, order } = await play(
    files(...agents('planner', 'researcher', 'writer'), system, task('')),
    inOrder,
  );
  expect(run.state).toBe('Succeeded');
  expect(order).toEqual(['planner', 'researcher', 'writer']);
  expect(JSON.parse(asked[0]?.given ?? '')).toEqual({ topic: 'tides' });
  expect(JSON.parse(asked[2]?.given ?? '')).toEqual({
    input: { topic: 'tides' },
    inbox: { from: 'researcher', content: 'researcher 1' },
  });
  expect(run.output).toEqual({ writer: 'writer 1' });
});

test('an imported hierarchy waits for all workers before the editor', async () => {
  const system = `${head('AgentSystem', 'team')}spec:
  agents: [manager, lead-a, lead-b, worker-a, worker-b, editor]
  graph:
    manager: { edges: [{ to: lead-a }, { to: lead-b }] }
    lead-a: { edges: [{ to: worker-a }] }
    lead-b: { edges: [{ to: worker-b }] }
    worker-a: { edges: [{ to: editor }] }
    worker-b: { edges: [{ to: editor }] }
    editor: { join: { mode: wait_for_all } }
`;
  const names = ['manager', 'lead-a', 'lead-b', 'worker-a', 'worker-b', 'editor'];
  const { run, asked, order } = await play(files(...agents(...names), system, task('')), inOrder);
  expect(run.state).toBe('Succeeded');
  expect(order.slice(0, 1)).toEqual(['manager']);
  expect([...order].sort()).toEqual([...names].sort());
  expect(order.at(-1)).toBe('editor');
  expect(JSON.parse(asked.at(-1)?.given ?? '')).toEqual({
    input: { topic: 'tides' },
    inbox: { 'worker-a': 'worker-a 1', 'worker-b': 'worker-b 1' },
  });
});

test('an imported swarm goes round as often as its steps allow, and ends well', async () => {
  const system = `${head('AgentSystem', 'team')}spec:
  agents: [coordinator, scout-a, scout-b, synthesizer]
  graph:
    coordinator: { edges: [{ to: scout-a }, { to: scout-b }, { to: synthesizer }] }
    scout-a: { edges: [{ to: coordinator }] }
    scout-b: { edges: [{ to: coordinator }] }
`;
  const names = ['coordinator', 'scout-a', 'scout-b', 'synthesizer'];
  const { run, asked, order } = await play(files(...agents(...names), system, task(', max_turns: 4')), inOrder);
  expect(run.state).toBe('Succeeded');
  for (const name of names) expect(order.filter((one) => one === name)).toHaveLength(2);
  const second = asked.filter(({ agent }) => agent === 'coordinator')[1];
  expect(JSON.parse(second?.given ?? '')).toEqual({
    input: { topic: 'tides' },
    inbox: { 'scout-a': 'scout-a 1', 'scout-b': 'scout-b 1' },
  });
});

test('an imported loop goes on until a word is said, and a branch without a way on ends well', async () => {
  const system = `${head('AgentSystem', 'team')}spec:
  agents: [brief, writer, reviewer, publisher]
  graph:
    brief: { next: writer }
    writer: { next: reviewer }
    reviewer:
      edges:
        - { to: writer, condition: { output_contains: REVISE } }
        - { to: publisher, condition: { output_contains: approved, output_not_contains: "not approved" } }
`;
  const yaml = files(...agents('brief', 'writer', 'reviewer', 'publisher'), system, task(', max_turns: 9'));
  const until = (last: string) => (agent: string, time: number) =>
    agent === 'reviewer' ? (time < 3 ? 'Please revise it.' : last) : inOrder(agent, time);
  const approved = await play(yaml, until('APPROVED.'));
  expect(approved.run.state).toBe('Succeeded');
  const rounds = ['writer', 'reviewer', 'writer', 'reviewer', 'writer', 'reviewer'];
  expect(approved.order).toEqual(['brief', ...rounds, 'publisher']);
  const silent = await play(yaml, until('Not approved.'));
  expect(silent.run.state).toBe('Succeeded');
  expect(silent.order).toEqual(['brief', ...rounds]);
});
